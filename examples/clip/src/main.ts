import { send } from 'switchboard:host/http@0.1.0';
import { type Descriptor, getDirectories } from 'wasi:filesystem/preopens@0.2.6';

/** Kept under another name until it is whole. The message of a thrown error is the error case of the result. */
export function save(url: string, name: string): number {
  const { notes, below } = place();
  const [part, whole] = [`${below}${name}.part`, below + name];
  const file = attempt(name, () => notes.openAt({}, part, { create: true, truncate: true }, { write: true }));
  try {
    const page = attempt(url, () => send({ method: 'GET', url, headers: [], redirects: 5 }));
    if (page.status !== 200) throw new Error(`${url}: the answer is ${page.status}`);
    attempt(name, () => {
      for (let done = 0; done < page.body.length; ) done += Number(file.write(page.body.subarray(done), done));
      notes.renameAt(part, notes, whole);
    });
    return page.body.length;
  } catch (error) {
    notes.unlinkFileAt(part);
    throw error;
  } finally {
    file[Symbol.dispose]();
  }
}

/** Where the directory is not granted there is the root, which refuses, and tells the owner what for. */
function place(): { readonly notes: Descriptor; readonly below: string } {
  const found = getDirectories();
  const [own] = found.find(([, path]) => path === '/notes') ?? [];
  const [root] = found.find(([, path]) => path === '/') ?? [];
  if (own) return { notes: own, below: '' };
  if (root) return { notes: root, below: 'notes/' };
  throw new Error('there is no directory');
}

/** What the host's functions throw has the case of their error as its payload. */
function attempt<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    const { payload } = thrown as { payload?: string | { tag: string; val?: string } };
    throw new Error(`${what}: ${typeof payload === 'object' ? payload.tag : String(payload ?? thrown)}`);
  }
}
