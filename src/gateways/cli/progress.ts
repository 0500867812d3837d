const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const DELAY_MS = 300;
const FRAME_MS = 100;

export interface Progress {
  /** Takes the line off so that something else can be written; it comes back with its next frame. */
  clear(): void;
  /** Takes it off for good. */
  done(): void;
}

/** A moving line on stderr from 0.3 s on, on a terminal only. */
export function progressLine(label: string): Progress {
  if (!process.stderr.isTTY) return { clear: () => undefined, done: () => undefined };
  const started = performance.now();
  let shown = false;
  let frame = 0;
  const draw = (): void => {
    shown = true;
    frame += 1;
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    process.stderr.write(`\r\u001b[K${FRAMES[frame % FRAMES.length] ?? ''} ${label} … ${seconds} s`);
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
    done: () => {
      clearTimeout(delay);
      clearInterval(ticking);
      clear();
    },
  };
}
