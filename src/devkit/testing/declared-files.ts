let files: readonly string[] = [];

export const declaredFiles = (): readonly string[] => files;

export function setDeclaredFiles(given: readonly string[]): void {
  files = given;
}
