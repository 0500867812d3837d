/** What a script has of the stock world, by StarlingMonkey's own fetch, timers and console. */
export const script = {
  say(line) {
    console.log(line);
    console.error(line);
  },
  async sleep(milliseconds) {
    const start = performance.now();
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    return [BigInt(Math.floor(Date.now() / 1000)), BigInt(Math.round(performance.now() - start))];
  },
  random(count) {
    return crypto.getRandomValues(new Uint8Array(count));
  },
};

export const web = {
  async get(url) {
    const response = await reach(url);
    return [response.status, await response.text()];
  },
  async pass(source, target) {
    const from = await reach(source);
    let passed = 0n;
    const counted = from.body.pipeThrough(
      new TransformStream({
        transform(chunk, controller) {
          passed += BigInt(chunk.byteLength);
          controller.enqueue(chunk);
        },
      }),
    );
    const answer = await reach(target, { method: 'PUT', body: counted, duplex: 'half' });
    return [passed, answer.status];
  },
};

/** What `fetch` rejects with as the error case of the result. */
async function reach(url, options) {
  try {
    return await fetch(url, options);
  } catch (error) {
    throw String(error);
  }
}
