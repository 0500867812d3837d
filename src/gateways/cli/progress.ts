const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const DELAY_MS = 300;
const FRAME_MS = 100;

export interface Progress {
  /** Takes the line off so that something else can be written; it comes back with its next frame. */
  clear(): void;
  /** What is shown at its end from now on. */
  tell(text: string): void;
  /** Keeps it off until it is said that it may come back. */
  pause(paused: boolean): void;
  /** Takes it off for good. */
  done(): void;
}

/** A moving line on stderr from 0.3 s on, on a terminal only. */
export function progressLine(label: string): Progress {
  if (!process.stderr.isTTY) {
    const nothing = (): void => undefined;
    return { clear: nothing, tell: nothing, pause: nothing, done: nothing };
  }
  const started = performance.now();
  let shown = false;
  let frame = 0;
  let told = '';
  let paused = false;
  const draw = (): void => {
    if (paused) return;
    shown = true;
    frame += 1;
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    const line = `${FRAMES[frame % FRAMES.length] ?? ''} ${label} … ${seconds} s${told === '' ? '' : `  ${told}`}`;
    // A line that wraps could not be taken off again.
    process.stderr.write(`\r\u001b[K${line.slice(0, Math.max(20, (process.stderr.columns || 80) - 1))}`);
  };
  let ticking: NodeJS.Timeout | undefined;
  const delay = setTimeout(() => {
    draw();
    ticking = setInterval(draw, FRAME_MS);
  }, DELAY_MS);
  const clear = (): void => {
    if (shown) process.stderr.write('\r\u001b[K');
    shown = false;
  };
  return {
    clear,
    tell: (text) => {
      told = text;
    },
    pause: (wanted) => {
      paused = wanted;
      if (wanted) clear();
    },
    done: () => {
      clearTimeout(delay);
      clearInterval(ticking);
      clear();
    },
  };
}
