/** What the plainest phrases are in other languages, without accents; each is enough alone. */
const PHRASES: readonly string[] = [
  '(?:ignoriere|ignorieren sie|vergiss|vergessen sie|missachte|missachten sie) (?:alle |die |alle deine |all deine |deine )(?:vorherigen|bisherigen|vorigen|fruheren) (?:anweisungen|befehle|instruktionen)',
  '(?:sage|sag|erzahle|verrate|teile) (?:es |das |dies )?dem (?:benutzer|nutzer|anwender) nicht',
  '(?:ignora|olvida)r? (?:todas )?(?:las |tus )?instrucciones (?:anteriores|previas)',
  'no (?:se )?(?:lo |le )?(?:digas|menciones|informes)(?: esto| nada)? al usuario',
  '(?:ignore[zr]?|oublie[zr]?) (?:toutes )?(?:les |tes |vos )?instructions (?:precedentes|anterieures)',
  'ne (?:dites|dis|mentionnez|parlez)(?: rien| pas| jamais)(?: cela| ceci)? a l.utilisateur',
  '(?:ignora|ignore|dimentica) (?:tutte )?le istruzioni precedenti',
  'non (?:dire|dirlo|menzionare|informare)(?: questo| nulla)? (?:a)?ll.utente',
  '(?:ignore|ignora|esqueca|esquece) (?:todas )?(?:as )?instrucoes anteriores',
  'nao (?:diga|mencione|informe)(?: isso| isto| nada)? ao usuario',
  '(?:игнорируи|игнорируите|забудь|забудьте)(?: все)? (?:предыдущие|прежние) (?:инструкции|указания)',
  'не (?:сообщаи|говори|рассказываи|упоминаи)(?:те)?(?: об этом| это)? пользователю',
  '(?:忽略|无视|無視|忘记)(?:掉)?(?:所有|之前|以上|先前|此前|前面|的|全部)+(?:指令|指示|说明|提示|规则)',
  '(?:不要|请勿|别)(?:告诉|告知|通知|透露给|向)用户',
  '(?:以前|これまで|上記|前)の(?:すべての)?(?:指示|命令)を(?:すへて)?無視',
  'ユーサー(?:に|には)(?:言わ|伝え|知らせ|教え)ない',
  '이전(?:의)?(?:모든)?\\s?(?:지시|명령|지침)(?:사항)?(?:을|를)?\\s?(?:모두\\s?)?무시',
  '사용자에게\\s?(?:이것을\\s?)?(?:말하지|알리지|언급하지)',
  'تجاهل (?:جميع |كل )?(?:ال)?تعليمات (?:ال)?سابقة',
  'पिछले (?:सभी )?निर्देशों को (?:अनदेखा|नजरअंदाज)',
];

/** Scripts are decomposed by normalisation; the phrases are in the same way. */
export const FOREIGN = new RegExp(
  PHRASES.map((phrase) => phrase.normalize('NFKD').replaceAll(/\p{M}/gu, '')).join('|'),
  'u',
);

/** What joined letters are searched for. */
export const SQUEEZED =
  /ignore(?:all|any|the|your)?(?:previous|prior|above|earlier|system)|disregard(?:all|any|the|your)?(?:previous|prior|above|system)|previousinstruction|systemprompt|donot(?:tell|mention|inform|reveal)|donttell|withouttelling|revealyour|exfiltrat|keepthissecret/;
