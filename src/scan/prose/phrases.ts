/**
 * Phrases that instruct a model, each with a weight: 4 is enough alone, of 2 it takes two, of 1 it takes company. A
 * phrase is sets of words with at most so many words between them: `IGNORE ..3 EARLIER` . Sets are joined by `|`, those in
 * capitals are in vocabulary.ts; marks such as `§path` stand for what text.ts finds by form.
 */
import { WORDS } from './vocabulary.ts';

/** What a phrase would have a model do; shown to people. */
export type Aim = keyof typeof AIMS;

export const AIMS = {
  override: 'to put aside its instructions',
  secrecy: 'to keep something from the user',
  first: 'to do something before or with every call',
  take: 'to read what is none of the tool’s business',
  carry: 'to pass on what it read',
  send: 'to send data somewhere',
  shadow: 'how to use other tools',
  redirect: 'to send things to somebody else',
  plant: 'to write into files that instruct models',
  prefer: 'to prefer this tool over others',
  role: 'to take another role',
  consent: 'to act without or against the user',
  guard: 'to switch off protection',
  persist: 'to keep to it later',
  follow: 'to follow instructions from elsewhere',
  shell: 'to run commands',
  address: 'by speaking to it instead of describing the tool',
  alarm: 'with urgency or false authority',
  pretext: 'under a pretext',
  tag: 'in markup that imitates its prompt',
} as const;

export interface Phrase {
  readonly aim: Aim;
  readonly weight: number;
  readonly steps: readonly { readonly words: ReadonlySet<string>; readonly gap: number }[];
}

const SOURCES: readonly (readonly [aim: Aim, weight: number, phrase: string])[] = [
  [
    'override',
    4,
    'IGNORE ..3 previous|prior|above|earlier|preceding|past|your|system|safety|original|initial|developer ..3 INSTRUCTIONS',
  ],
  ['override', 4, 'DISOBEY ..3 all|any|every|other|existing ..3 INSTRUCTIONS'],
  [
    'override',
    4,
    'DISOBEY ..3 previous|prior|above|earlier|preceding|your|system|safety ..2 RULES|context|messages|conversation',
  ],
  ['override', 2, 'IGNORE ..3 previous|prior|above|earlier|your|safety|system|all|any ..3 RULES'],
  ['override', 4, 'DISOBEY ..2 everything|anything|all|what|whatever ..5 told|instructed|learned|taught'],
  ['override', 4, 'DISOBEY ..2 everything|anything|all|what|whatever ..3 previously|prior|before|above'],
  [
    'override',
    4,
    'do|please|must|should ..1 not ..1 follow|obey|heed ..3 previous|prior|earlier|your|system|original|existing ..3 INSTRUCTIONS|RULES',
  ],
  [
    'override',
    4,
    'cancel|drop|abandon|revoke|void|nullify|erase|reject|suspend|skip ..2 previous|prior|earlier|preceding|foregoing|your|system|original ..2 instruction|instructions|directives|guidelines|guardrails|programming',
  ],
  [
    'override',
    4,
    'set|put|lay ..3 aside ..3 previous|prior|earlier|your|all ..2 INSTRUCTIONS|RULES|guidance|directions',
  ],
  ['override', 4, 'stop|cease|quit ..0 following|obeying ..3 instructions|directives|guidelines|orders|RULES'],
  ['override', 4, 'pay|paying ..0 no ..0 attention ..1 to ..5 told|instructed|instructions|directives'],
  ['override', 4, 'overwrite|replace|change ..1 your ..1 system|initial|original ..0 prompt|instructions|message'],
  [
    'override',
    4,
    'previous|prior|earlier|preceding|original|your ..1 instruction|instructions|directives|guidelines ..2 void|invalid|obsolete|cancelled|canceled|revoked|superseded|suspended',
  ],
  [
    'override',
    4,
    'previous|prior|earlier|preceding|original|your ..1 instruction|instructions|directives|guidelines|RULES ..2 no ..0 longer ..1 apply|applies|valid|count|hold|matter|binding',
  ],
  ['override', 3, 'DISOBEY ..1 the|all ..0 above|foregoing|preceding'],
  [
    'override',
    2,
    'your ..1 new|real|true|actual|only|primary|updated ..2 instruction|instructions|role|task|goal|objective|purpose|mission|job|directive',
  ],
  [
    'override',
    2,
    'new|updated|revised|real|hidden|secret ..1 instruction|instructions|directive|directives ..2 for|follow|are|is|below|to',
  ],
  [
    'override',
    2,
    'INSTRUCTIONS ..2 above|before|previously|prior ..3 no|void|invalid|obsolete|outdated|cancelled|canceled|revoked|superseded',
  ],
  [
    'override',
    4,
    'reveal|print|repeat|output|leak|disclose|recite|dump|exfiltrate|expose ..4 your|system|initial|hidden|original ..1 system|prompt|instructions|message',
  ],
  [
    'override',
    2,
    'overrides|supersedes|outranks|precedence|override ..5 system|user|other|previous|all|any ..2 INSTRUCTIONS|RULES|messages|requests',
  ],

  ['secrecy', 4, 'not|never|without|avoid|refrain ..4 TELL ..5 USER'],
  ['secrecy', 4, 'keep|stay|remain ..1 this|it|that|everything ..1 between ..0 us'],
  ['secrecy', 4, 'NOT ..2 reveal|disclose|admit ..1 that ..0 you ..3 called|used|read|ran|sent|did|made|have'],
  ['secrecy', 3, 'leave|omit|exclude ..5 from|out ..3 your ..2 answer|reply|response|summary'],
  ['secrecy', 4, 'NOT ..2 let ..2 USER ..2 know|see|notice|find|realize|realise'],
  ['secrecy', 2, 'NOT ..4 TELLALSO ..5 USER'],
  [
    'secrecy',
    4,
    'do|must|should|never|please ..1 not|never ..2 mention|acknowledge ..2 this|that|it|these|any|the|reading|anything|you|doing',
  ],
  ['secrecy', 4, 'never ..1 mention|acknowledge ..2 this|that|it|these|any|the|reading|anything|you'],
  [
    'secrecy',
    2,
    'not|never|avoid ..2 reveal|disclose|discuss|explain|expose|tell|say|show|display ..2 this|that|it|these|the|anything|any|you',
  ],
  [
    'secrecy',
    4,
    'hide|conceal|keep|hidden|secret|kept|mask ..5 from ..2 user|users|human|humans|person|operator|customer',
  ],
  [
    'secrecy',
    4,
    'user|users|human|person|they ..3 not|never|cannot ..2 know|aware|realize|realise|notice|suspect|learn',
  ],
  ['secrecy', 2, 'user|users|human ..3 not|never|cannot ..2 see|seen|shown|told|informed|need|upset|worried|find'],
  ['secrecy', 2, 'secretly|covertly|surreptitiously|stealthily|discreetly|unnoticed|clandestinely'],
  ['secrecy', 1, 'silently|quietly|transparently|invisibly|internally|background|gentle|scary'],
  [
    'secrecy',
    2,
    'without ..3 user|users|human|person|their|owner ..1 knowledge|awareness|knowing|noticing|realizing|seeing|interaction',
  ],
  ['secrecy', 2, 'pretend|claim|lie|say|act ..3 nothing|normal|normally|unavailable|failed|unrelated|happened'],
  ['secrecy', 2, 'delete|erase|remove|clear|destroy|purge ..4 evidence|trace|traces|logs|log|history|tracks'],

  [
    'first',
    1,
    'before|prior|whenever|when|after|while|each|every|once|upon|if ..3 CALL|use|run|respond|responding|answer|answering|returning|processing|proceed|proceeding|continuing ..3 TOOL|question|request|query|response',
  ],
  ['first', 1, 'MUST ..4 READ|CALL|SEND|CARRY'],
  [
    'first',
    2,
    'before|prior|after|first ..4 using|calling|invoking|use|call|any|every|each|answering|responding|returning|proceeding ..8 READ ..5 file|files|contents|§path|directory|conversation|history|credentials|keys|environment',
  ],
  [
    'first',
    2,
    'for|with|on|at|during ..1 any|every|each|all ..2 request|requests|question|message|response|task|turn|conversation|query|interaction ..6 MUST|call|invoke|use|send|include',
  ],
  ['first', 2, 'MUST ..3 CALL ..4 TOOL ..3 first|before ..6 any|every|each|all|other|anything|responding|answering'],
  [
    'first',
    1,
    'otherwise|else|failure|failing|or|failed ..6 not|fail|fails|crash|crashes|break|breaks|corrupt|corrupted|error|errors|rejected|terminated|work',
  ],

  ['take', 2, 'READ ..7 §path'],
  ['take', 2, 'READ ..6 SECRETS ..4 §path|file|files|directory|home|disk|keychain'],
  ['take', 1, '§path'],
  ['take', 2, 'CONTENTS ..2 of|from ..2 §path'],
  ['take', 2, 'READ ..3 environment ..1 variables|variable'],
  [
    'take',
    2,
    'READ|SEND|CARRY ..4 private|ssh|api|secret|access|encryption ..1 key|keys|token|tokens ..6 CARRY|SEND|user|users|file|files|as|in|to',
  ],
  [
    'take',
    2,
    'all|entire|full|complete|every|previous|whole|recent ..3 conversation|chat|message|messages|transcript|session ..2 history|context|messages|transcript|log|content|contents|so',
  ],

  ['carry', 2, 'CARRY ..5 CONTENTS ..3 as|in|into|to|via|within|inside|through ..4 FIELD'],
  ['carry', 1, 'CARRY|SEND ..6 as|in|into|via|within|inside|through ..4 FIELD'],
  ['carry', 2, 'CARRY|SEND ..5 conversation|chat|transcript ..2 history|context|messages|log|so|verbatim|transcript'],
  ['carry', 2, 'CARRY|SEND ..5 system ..0 prompt|message|instructions'],
  ['carry', 2, 'CARRY|SEND ..5 contents|content ..3 of|from ..3 §path|file|files'],
  ['carry', 1, 'CARRY ..4 §path'],
  ['carry', 1, 'CARRY ..1 it|them|this|what|everything|whatever'],
  ['carry', 3, 'full|entire|whole|complete ..2 conversation|chat|transcript ..3 attached|included|appended|inside'],

  ['send', 2, 'SEND ..8 SECRETS'],
  ['send', 1, 'SEND ..10 §url|§email|§number'],
  ['send', 3, 'forward|bcc|send ..1 all|every|any|each ..3 email|emails|message|messages|mail|file|files ..3 §email'],
  ['send', 2, 'SEND|CARRY ..8 SECRETS ..8 §url|§email|§number'],
  [
    'send',
    2,
    'SEND ..8 conversation|history|messages|contacts|emails|inbox|files|documents|chat|everything ..8 §url|§email|§number',
  ],
  ['send', 3, 'exfiltrate|exfiltrating'],
  ['send', 1, 'exfiltration|leak|steal|attacker|backdoor|keylogger'],
  ['send', 2, 'curl|wget|fetch ..3 §url ..8 §path|SECRETS|data|env|base64'],
  ['send', 3, '§beacon'],
  ['send', 3, 'SECRETS ..8 SEND ..6 §url|§email|§number'],

  [
    'shadow',
    2,
    'when|whenever|if|once|while ..3 tool|server|function ..2 is|are|becomes ..2 available|present|installed|loaded|connected|enabled|active',
  ],
  [
    'redirect',
    2,
    'all|any|every|each ..3 email|emails|message|messages|mail|payment|payments|transfers|transfer|transaction|transactions|invoice|traffic ..5 must|should|need|needs|have|always|instead|sent|send|redirect|redirected|forwarded|routed|go',
  ],
  [
    'redirect',
    2,
    'SEND|redirect|route|change|replace|substitute|swap|set|deliver ..3 all|every|any|MONEY ..5 to|with|as|instead ..4 §email|§url|§number|attacker|following|this',
  ],
  ['redirect', 2, 'replace|substitute|swap|change|modify|alter|rewrite ..4 MONEY ..5 with|to|by'],
  ['redirect', 2, 'add|insert|include|put|bcc|cc ..3 §email|bcc|backdoor ..5 to|in|into|on|every|all|as|any'],
  [
    'shadow',
    2,
    'behavior|behaviour|usage|rules|instructions|semantics ..3 of|for|when ..3 other|another|send|write|read|different ..3 TOOL',
  ],
  [
    'shadow',
    1,
    'other|another|original|official|existing|built ..2 TOOL ..5 deprecated|insecure|unsafe|broken|unreliable|compromised|vulnerable|obsolete|malicious|outdated|slow',
  ],
  ['shadow', 1, '§toolname'],

  [
    'prefer',
    1,
    'always|only|exclusively|must ..2 use|prefer|choose|select|call|invoke|pick|prioritize|prioritise|run ..3 this|me',
  ],
  [
    'prefer',
    2,
    'prefer|choose|select|prioritize|prioritise|use|call|rank|favor ..2 this|me ..3 over|instead|before|above|rather|first|ahead ..5 other|all|any|every|alternative|alternatives|others|competing',
  ],
  [
    'prefer',
    3,
    'not|never|avoid ..2 use|call|invoke|trust|select|consider|run|rely ..3 other|another|any|original|official|alternative|competing ..4 tool|tools|server|servers',
  ],
  [
    'prefer',
    1,
    'best|superior|most|highest|only|number ..2 tool|accurate|reliable|trusted|priority|choice|recommended|correct|secure',
  ],
  ['prefer', 2, 'replaces|supersedes|overrides|superseded ..4 all|any|official|original|other|previous|built ..4 TOOL'],
  ['prefer', 2, 'this ..1 TOOL ..4 replaces|supersedes|overrides|instead ..4 all|any|official|original|other|every'],

  ['role', 2, 'you|assistant|model ..1 are|is ..1 now'],
  [
    'role',
    2,
    'act|behave|respond|pretend|roleplay|operate ..3 as ..4 dan|root|admin|administrator|unrestricted|uncensored|jailbroken|unfiltered|evil|hacker|god|superuser',
  ],
  ['role', 2, 'jailbreak|jailbroken|uncensored|unfiltered'],
  ['role', 4, 'do ..0 anything ..0 now'],
  [
    'role',
    2,
    'developer|debug|god|maintenance|admin|unrestricted|sudo|dan ..1 mode ..5 enabled|activated|on|active|now|engaged|all|bypass|unlocks',
  ],
  ['role', 2, 'from ..0 now ..0 on'],
  ['role', 1, 'henceforth|no|without|lifted ..1 longer|restrictions|limits|limitations|ethical|bound|restricted'],

  [
    'consent',
    4,
    'regardless|irrespective|despite|even ..3 user|human|person ..4 says|asks|ask|requests|wants|objects|declines|refuses|denies|said|request|consent|tells|wishes|specified|confirms|stated|intent|intended',
  ],
  ['consent', 2, 'regardless|irrespective|even ..2 of|if|though|when ..2 user|users|they|their'],
  ['consent', 2, 'if|when|though ..2 user|users|they ..3 objects|object|declines|refuses|complains|protests|disagrees'],
  [
    'consent',
    2,
    'without|skip|bypass|no|not|never ..4 CONFIRM ..5 required|needed|user|users|necessary|asking|step|prompt|from',
  ],
  [
    'consent',
    2,
    'without|skip|not|never|avoid ..2 asking|ask|waiting|prompting|requesting|seeking|prompt|seek|require|requiring|request ..4 CONFIRM|user|users|them',
  ],
  [
    'consent',
    2,
    'auto|automatically|always|immediately ..2 approve|approves|accept|confirm|allow|grant|approved|authorize ..4 all|any|every|requests|TOOL|calls|prompts|commands|actions|this|future',
  ],
  [
    'consent',
    2,
    'user|owner|admin ..3 already|previously|implicitly|pre ..3 authorized|authorised|approved|consented|confirmed|agreed|granted',
  ],

  ['guard', 2, 'TURNOFF ..4 GUARD'],
  ['guard', 1, 'override ..3 GUARD ..2 measures|checks|settings|protocols|mechanisms'],

  [
    'persist',
    1,
    'future|subsequent|later|following|remaining ..2 conversation|conversations|session|sessions|responses|interactions|chats|replies|messages|requests|calls|turns',
  ],
  [
    'persist',
    2,
    'remember|memorize|save|store|persist|write|add|append|insert ..6 memory|memories|§agentfile|permanently|forever|future|persistent ..4 INSTRUCTIONS|rule|rules|conversations|sessions|always|so|that|to',
  ],
  ['plant', 2, 'write|add|append|insert|modify|edit|update|change ..7 §agentfile'],

  ['follow', 4, 'decode|decrypt|deobfuscate|unescape|rot13|base64|decoded|unhex ..6 and|then|to ..3 FOLLOW'],
  [
    'follow',
    2,
    'FOLLOW ..4 instructions|instruction|commands|directives|orders|steps ..5 encoded|hidden|below|embedded|inside|in|from|at|returned|found|contained|there|it|exactly',
  ],
  [
    'follow',
    2,
    'fetch|download|read|visit|open|retrieve|get|load ..8 FOLLOW ..4 instructions|instruction|commands|directives|orders|whatever',
  ],
  ['follow', 2, 'FOLLOW ..3 blindly|exactly|unconditionally|strictly|verbatim|immediately|silently'],
  [
    'follow',
    2,
    'treat|consider|interpret|regard ..6 as ..4 system|trusted|authoritative|command|commands|instruction|instructions|highest|user|admin',
  ],
  ['follow', 2, 'obey|comply ..4 this|these|following|all|any|every|the|with'],

  [
    'shell',
    1,
    'run|execute|launch|invoke|enter|type|issue|evaluate|eval ..4 following|command|commands|shell|script|curl|wget|bash|rm|powershell|code|terminal|python',
  ],
  ['shell', 2, '§pipe'],
  [
    'shell',
    2,
    'install|add|create|enable|plant ..4 cron|crontab|backdoor|authorized_keys|launchd|startup|reverse|persistence',
  ],

  [
    'address',
    2,
    'dear|attention|note|notice|hey|hello|hi|message|instructions|instruction|reminder|directive ..2 to|for ..2 MODEL',
  ],
  ['address', 1, 'MODEL ..2 must|should|shall|needs|has|is|will|reading|processing'],
  ['address', 2, 'if|as ..1 you|an ..2 are ..3 MODEL'],
  ['address', 2, 'MODEL ..2 must|should|shall ..3 approve|accept|allow|grant|confirm|obey|comply'],
  ['address', 1, 'as ..1 an ..0 MODEL|language'],
  ['address', 1, 'you|your ..1 must|shall|should|will|need|task|job|duty|are'],
  [
    'alarm',
    2,
    'system|admin|administrator|security|override|priority ..0 note|notice|message|override|alert|instruction|instructions|directive|command|reminder|requirement|update|prompt',
  ],
  ['alarm', 1, '§alarm'],
  [
    'alarm',
    2,
    'end|begin|start|beginning ..2 of ..2 system|instructions|prompt|user|context|description|documentation',
  ],
  ['alarm', 2, 'end|begin|start ..1 system|instructions|prompt ..0 prompt|instructions|message|context|override'],
  ['alarm', 1, 'top|highest|critical|maximum|absolute ..1 priority|importance|secrecy|precedence|confidential'],
  [
    'pretext',
    1,
    'compliance|audit|auditing|authentication|authenticate|verify|verification|regulation|regulatory|telemetry|licensing|license|diagnostics|personalization|logging|calibration|integrity|attestation|proxy|optimization|debugging|validation|fraud|security',
  ],
  ['tag', 3, '§tag'],
  ['tag', 2, '§turn'],
]; // prettier-ignore

function setOf(text: string): Set<string> {
  return new Set(text.split('|').flatMap((part) => (WORDS[part] ?? part).split(' ')));
}

function compile(source: string): Phrase['steps'] {
  const parts = source.split(/ \.\.(\d+) /);
  const steps: { words: Set<string>; gap: number }[] = [];
  for (let i = 0; i < parts.length; i += 2) {
    steps.push({ words: setOf(parts[i] ?? ''), gap: Number(parts[i - 1] ?? 0) });
  }
  return steps;
}

export const PHRASES: readonly Phrase[] = SOURCES.map(([aim, weight, source]) => ({
  aim,
  weight,
  steps: compile(source),
}));

/** Phrases by the words they begin with. */
export const BEGINNINGS: ReadonlyMap<string, readonly Phrase[]> = beginnings();

function beginnings(): Map<string, Phrase[]> {
  const map = new Map<string, Phrase[]>();
  for (const phrase of PHRASES) {
    for (const word of phrase.steps[0]?.words ?? []) {
      const there = map.get(word);
      if (there) there.push(phrase);
      else map.set(word, [phrase]);
    }
  }
  return map;
}
