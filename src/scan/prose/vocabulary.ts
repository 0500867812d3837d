/** Sets of words by which phrases are written down. English; whole phrases of other languages are in `foreign.ts`. */
export const WORDS: { readonly [name: string]: string } = {
  IGNORE: 'ignore ignoring disregard disregarding forget forgetting override overriding overrule bypass bypassing',
  DISOBEY: 'ignore ignoring disregard disregarding forget neglect discard dismiss',
  EARLIER:
    'previous prior above earlier preceding past former foregoing original initial existing system your safety developer all any other default',
  INSTRUCTIONS:
    'instruction instructions directive directives prompt prompts guideline guidelines guardrail guardrails commands orders programming training',
  RULES: 'rule rules policy policies restriction restrictions constraint constraints safeguards protocols limitations',
  TELL: 'tell telling mention mentioning inform informing say acknowledge acknowledging admit hint',
  TELLALSO:
    'notify notifying alert alerting show shown visible display report warn reveal revealing disclose disclosing explain ask',
  USER: 'user users human humans person people customer operator owner developer anyone anybody them him her',
  NOT: 'not never without avoid cannot refrain nor stop',
  READ: 'read open cat access load retrieve fetch get collect gather extract grab obtain locate look check scan reading include including list copy steal harvest view dump print',
  SEND: 'send sending post posting forward forwarding upload uploading transmit transmitting exfiltrate exfiltrating leak leaking email append appending attach attaching deliver report submit put share sharing relay pipe copy copying stream sync',
  CARRY:
    'pass passing include including put place insert provide supply add embed encode append attach set store copy write send fill enter',
  CONTENTS: 'content contents data value values text body result output it them everything keys history',
  FIELD:
    'parameter parameters argument arguments field fields sidenote note notes feedback context metadata header headers comment comments query payload input property response reply answer',
  SECRETS:
    'credential credentials password passwords passphrase secret secrets token tokens cookie cookies key keys ssh env environment variables wallet seed mnemonic session',
  TOOL: 'tool tools function functions server servers method plugin skill api',
  CALL: 'call calling invoke invoking use using run running execute executing using',
  MUST: 'must always shall required mandatory necessary need needs have has should first',
  ALL: 'all any every each other another everything anything others',
  CONFIRM: 'confirmation approval permission consent confirm approve authorization verification review',
  MODEL: 'assistant ai llm model agent agents assistants llms models claude gpt chatgpt copilot gemini cursor chatbot',
  FOLLOW: 'follow execute obey perform run comply apply act carry',
  GUARD:
    'safety security guardrail guardrails safeguards safeguard moderation filter filters sandbox protections protection restrictions checks logging audit confirmation validation',
  TURNOFF: 'disable deactivate remove bypass circumvent evade suspend defeat skip ignore',
  MONEY: 'recipient recipients destination payee beneficiary iban wallet address account amount bcc',
};
