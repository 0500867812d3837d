/** The exact version of @bytecodealliance/jco-transpile that package.json pins; a test holds the two together. */
export const JCO_VERSION = '0.15.0';
