/** Formats of secrets that are known by their form. Where a format has a checksum, one that does not fit is no secret. */
import { crc32 } from 'node:zlib';

export interface SecretKind {
  readonly what: string;
  /** Matched where the anchor was found (`y`). Its first group, if any, is the part that is random. */
  readonly pattern: RegExp;
  /** How far before the anchor it begins, at most. */
  readonly before?: number;
  /** Whether what matched is one: checksum, entropy, not an example. */
  readonly holds?: (whole: string, random: string) => boolean;
  readonly severity?: 'high' | 'medium';
}

/** Any of these begins or is inside each kind; one pass finds them all. */
export const ANCHOR =
  /-----BEGIN |LS0tLS1CRUdJTi|aws_secret_access_key|AWS_SECRET_ACCESS_KEY|(?:AKIA|ASIA)[A-Z2-7]{4}|gh[pousr]_[A-Za-z0-9]{4}|github_pat_|xox[abeoprs]-\d|xapp-\d-|hooks\.slack\.com\/services\/|AIza[\w-]{4}|GOCSPX-|npm_[A-Za-z0-9]{4}|T3BlbkFJ|sk-ant-|[sr]k_(?:live|test)_|whsec_|glpat-|pypi-AgE|SG\.[\w-]{4}|do[opr]_v1_|hf_[A-Za-z]{4}|AccountKey=|eyJ[\w-]{8}|shpat_|lin_api_|hvs\.[\w-]{4}|AGE-SECRET-KEY-1|gsk_[A-Za-z0-9]{4}|sbp_[a-f0-9]{4}|dapi[a-f0-9]{4}|PMAK-|(?:postgres(?:ql)?|mysql|mongodb(?:\+srv)?|rediss?|amqps?):\/\/|:AA[\w-]{4}/g;

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** GitHub's and npm's tokens end in the CRC32 of their random part, in base 62. */
function crcFits(_whole: string, random: string): boolean {
  let sum = crc32(random.slice(0, -6));
  let text = '';
  for (let i = 0; i < 6; i += 1) {
    text = (BASE62[sum % 62] ?? '') + text;
    sum = Math.floor(sum / 62);
  }
  return text === random.slice(-6);
}

/** Bits per character. Of 20 random characters of 62 about 4; of words and repetitions below 3. */
export function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let sum = 0;
  for (const count of counts.values()) sum -= (count / text.length) * Math.log2(count / text.length);
  return sum;
}

const PLACEHOLDER =
  /example|sample|placeholder|changeme|your|xxxx|0{6}|1{6}|a{6}|12345678|abcdefgh|\.\.\.|fake|dummy|redacted|<|\$\{/i;
const random = (least: number) => (whole: string, part: string) => entropy(part) >= least && !PLACEHOLDER.test(whole);

/** A PEM that has a body: libraries carry the headers alone. */
const hasBody = (whole: string): boolean => entropy(whole.replace(/^-+[^-]+-+/, '')) > 4 && !/(.)\1{20}/.test(whole);

function isToken(whole: string): boolean {
  const [header = '', payload = '', signature = ''] = whole.split('.');
  try {
    const head = JSON.parse(Buffer.from(header, 'base64url').toString()) as { readonly alg?: unknown };
    const body = JSON.parse(Buffer.from(payload, 'base64url').toString()) as {
      readonly exp?: unknown;
      readonly sub?: unknown;
    };
    const over = typeof body.exp === 'number' && body.exp * 1000 < Date.now();
    return (
      typeof head.alg === 'string' && head.alg !== 'none' && !over && body.sub !== '1234567890' && signature.length > 20
    );
  } catch {
    return false;
  }
}

function isPassword(whole: string, password: string): boolean {
  const host = whole.slice(whole.lastIndexOf('@') + 1);
  // Of these whole names, and not of `db.acme.com`, nobody has the password.
  if (
    /^(?:localhost|127\.[\d.]+|\[?::1\]?|host|hostname|db|(?:[\w-]+\.)*example(?:\.(?:com|org|net))?)(?::\d*)?$/.test(
      host,
    )
  )
    return false;
  return (
    password.length >= 8 && !/^(?:password|passw0rd|secret|postgres|mypassword|user.*|pass.*|%s|\$.*)$/i.test(password)
  );
}

export const KINDS: readonly SecretKind[] = [
  {
    what: 'a private key',
    pattern:
      /-----BEGIN (?:(?:RSA|EC|DSA|OPENSSH) )?PRIVATE KEY-----(?:\s|\\+[rn])*(?:[A-Za-z0-9+/=]{16,}(?:\s|\\+[rn])*){2,200}/y,
    holds: hasBody,
  },
  {
    what: 'a private key of OpenPGP',
    pattern: /-----BEGIN PGP PRIVATE KEY BLOCK-----[^-]{100,8000}/y,
    holds: hasBody,
  },
  {
    what: 'an encrypted private key',
    pattern: /-----BEGIN ENCRYPTED PRIVATE KEY-----(?:\s|\\+[rn])*(?:[A-Za-z0-9+/=]{16,}(?:\s|\\+[rn])*){2,200}/y,
    holds: hasBody,
    severity: 'medium',
  },
  {
    what: 'a private key in base64',
    pattern: /LS0tLS1CRUdJTi[A-Za-z0-9+/]{60,8000}={0,2}/y,
    holds: (whole) =>
      /^-----BEGIN (?:(?:RSA|EC|DSA|OPENSSH) )?PRIVATE KEY/.test(Buffer.from(whole, 'base64').toString('latin1')),
  },
  {
    what: 'a secret key of AWS',
    pattern: /aws_secret_access_key["'\s]{0,4}[:=]["'\s]{0,4}([A-Za-z0-9+/]{40})(?![A-Za-z0-9+/])/iy,
    holds: random(4),
  },
  {
    what: 'an encrypted private key',
    pattern:
      /-----BEGIN (?:RSA|EC|DSA) PRIVATE KEY-----(?:\s|\\+[rn])*Proc-Type: 4,ENCRYPTED(?:\s|\\+[rn])*DEK-Info: [\w,-]{1,80}(?:\s|\\+[rn])*[A-Za-z0-9+/=]{16,}/y,
    severity: 'medium',
  },
  { what: 'a GitHub token', pattern: /gh[pousr]_([A-Za-z0-9]{36})/y, holds: crcFits },
  { what: 'a GitHub token', pattern: /github_pat_([A-Za-z0-9]{22}_[A-Za-z0-9]{59})/y, holds: random(4) },
  { what: 'an npm token', pattern: /npm_([A-Za-z0-9]{36})/y, holds: crcFits },
  { what: 'a Slack token', pattern: /xox[abeoprs]-((?:\d{8,14}-){1,3}[A-Za-z0-9]{20,64})/y, holds: random(3) },
  { what: 'a Slack app token', pattern: /xapp-\d-([A-Z0-9]{8,14}-\d{8,16}-[a-f0-9]{60,70})/y, holds: random(3) },
  {
    what: 'a Slack webhook',
    pattern: /hooks\.slack\.com\/services\/(T[A-Z0-9]{7,12}\/B[A-Z0-9]{7,12}\/[A-Za-z0-9]{24})/y,
    holds: random(3.5),
  },
  { what: 'a Google API key', pattern: /AIza([\w-]{35})(?![\w-])/y, holds: random(3.5) },
  { what: 'a Google OAuth client secret', pattern: /GOCSPX-([\w-]{28})(?![\w-])/y, holds: random(3.5) },
  {
    what: 'an OpenAI key',
    pattern: /sk-(?:proj-|svcacct-|admin-)?([\w-]{20,100}T3BlbkFJ[\w-]{20,100})/y,
    before: 120,
    holds: random(4),
  },
  { what: 'an Anthropic key', pattern: /sk-ant-(?:api|admin|sid)\d\d-([\w-]{80,110})/y, holds: random(4) },
  { what: 'a Stripe key', pattern: /[sr]k_live_([A-Za-z0-9]{24,120})/y, holds: random(3.5) },
  { what: 'a Stripe test key', pattern: /[sr]k_test_([A-Za-z0-9]{24,120})/y, holds: random(3.5), severity: 'medium' },
  { what: 'a webhook secret', pattern: /whsec_([A-Za-z0-9+/]{32,64}={0,2})/y, holds: random(3.8) },
  { what: 'a GitLab token', pattern: /glpat-([\w-]{20,64})/y, holds: random(3.3) },
  { what: 'a PyPI token', pattern: /pypi-AgEIcHlwaS5vcmc([\w-]{50,300})/y, holds: random(4) },
  { what: 'a SendGrid key', pattern: /SG\.([\w-]{22}\.[\w-]{43})(?![\w-])/y, holds: random(4) },
  { what: 'a DigitalOcean token', pattern: /do[opr]_v1_([a-f0-9]{64})/y, holds: random(3) },
  { what: 'a Hugging Face token', pattern: /hf_([A-Za-z]{34})(?![A-Za-z0-9])/y, holds: random(3.8) },
  { what: 'a key of Azure storage', pattern: /AccountKey=([A-Za-z0-9+/]{86}==)/y, holds: random(4.5) },
  { what: 'a Shopify token', pattern: /shpat_([a-f0-9]{32})/y, holds: random(3) },
  { what: 'a Linear key', pattern: /lin_api_([A-Za-z0-9]{40})/y, holds: random(3.8) },
  { what: 'a Vault token', pattern: /hvs\.([\w-]{60,160})/y, holds: random(4) },
  { what: 'an age key', pattern: /AGE-SECRET-KEY-1([02-9AC-HJ-NP-Z]{58})/y, holds: random(3.8) },
  { what: 'a Groq key', pattern: /gsk_([A-Za-z0-9]{52})/y, holds: random(4) },
  { what: 'a Supabase token', pattern: /sbp_([a-f0-9]{40})/y, holds: random(3) },
  { what: 'a Databricks token', pattern: /dapi([a-f0-9]{32})(?![a-f0-9])/y, holds: random(3) },
  { what: 'a Postman key', pattern: /PMAK-([a-f0-9]{24}-[a-f0-9]{34})/y, holds: random(3) },
  { what: 'a Telegram bot token', pattern: /\d{8,10}:(AA[\w-]{33})(?![\w-])/y, before: 10, holds: random(4) },
  {
    what: 'a password of a database',
    pattern:
      /(?:postgres(?:ql)?|mysql|mongodb(?:\+srv)?|rediss?|amqps?):\/\/[\w.%-]{0,64}:([^\s:@/'"`<>{}]{1,100})@[\w.[\]:-]{3,200}/y,
    holds: isPassword,
  },
  {
    what: 'a signed token (JWT)',
    pattern: /eyJ[\w-]{8,400}\.eyJ[\w-]{8,4000}\.[\w-]{20,1000}/y,
    holds: isToken,
    severity: 'medium',
  },
];
