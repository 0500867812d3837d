/** The child resources of a resource: WASI wants them dropped before it, and traps otherwise. */
export class Children {
  private readonly parent: string;
  private alive = 0;

  constructor(parent: string) {
    this.parent = parent;
  }

  /** A child is handed out; to be called once when it is dropped or given away. */
  add(): () => void {
    this.alive += 1;
    return () => {
      this.alive -= 1;
    };
  }

  /** The parent is dropped or consumed. Throws what ends the instance. */
  end(): void {
    if (this.alive > 0) throw new Error(`a ${this.parent} was dropped before what it gave out`);
  }
}
