/** Keys, signatures and their verification. */
export { LARGEST_BUNDLE, readBundle } from './bundle.ts';
export { checkTrustedRoot } from './keyless.ts';
export { makeKey, openKeyFile, readKeyFile, SHORTEST_PASSPHRASE, type SigningKey } from './key-file.ts';
export { type PublicKey, publicKeyPem, readPublicKey } from './public-key.ts';
export { signStatement } from './sign.ts';
export { signatureVerifier } from './verifier.ts';
