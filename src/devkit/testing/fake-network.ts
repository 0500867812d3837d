/** What a component under test takes for the network: a server of this process that answers what a test says. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SentRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: { readonly [name: string]: string };
  readonly body: Uint8Array;
}

export interface Answer {
  readonly status?: number;
  readonly headers?: { readonly [name: string]: string };
  readonly body?: string | Uint8Array;
}

export type Answers = { readonly [url: string]: string | Answer | ((request: SentRequest) => string | Answer) };

export interface FakeNetwork {
  readonly port: number;
  readonly requests: readonly SentRequest[];
  close(): Promise<void>;
}

const LARGEST_BODY = 16 * 1024 * 1024;
/** The URL that the component asked for; see `fakeNetwork` of the host's options. */
const URL_HEADER = 'x-switchboard-url';

/** Answers by URL, with and without its query; anything else with 404. */
export async function startFakeNetwork(answers: Answers): Promise<FakeNetwork> {
  const requests: SentRequest[] = [];
  const server = createServer((request, response) => {
    answer(request, response, answers, requests).catch((error: unknown) => {
      response.statusCode = 500;
      response.end(String(error));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, requests, close: () => closed(server) };
}

async function answer(
  incoming: IncomingMessage,
  response: ServerResponse,
  answers: Answers,
  requests: SentRequest[],
): Promise<void> {
  const request = await received(incoming);
  requests.push(request);
  const found = answerFor(request.url, answers);
  const given = typeof found === 'function' ? found(request) : found;
  const { status = 200, headers = {}, body = '' } = typeof given === 'string' ? { body: given } : (given ?? NOT_FOUND);
  response.writeHead(status, headers);
  response.end(body);
}

const NOT_FOUND: Answer = { status: 404, body: 'the test says nothing of this URL' };

function answerFor(url: string, answers: Answers): Answers[string] | undefined {
  const bare = url.replace(/[?#].*$/, '');
  const known = Object.entries(answers).map(
    ([key, value]) => [URL.canParse(key) ? new URL(key).href : key, value] as const,
  );
  return known.find(([key]) => key === url)?.[1] ?? known.find(([key]) => key === bare)?.[1];
}

async function received(incoming: IncomingMessage): Promise<SentRequest> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST_BODY) throw new Error(`a request has more than ${LARGEST_BODY} bytes`);
    chunks.push(chunk);
  }
  const { [URL_HEADER]: url = '', ...others } = incoming.headers;
  const headers = Object.entries(others).map(([name, value]) => [name, String(value)] as const);
  return {
    method: incoming.method ?? 'GET',
    url: String(url),
    headers: { ...Object.fromEntries(headers), host: URL.canParse(String(url)) ? new URL(String(url)).host : '' },
    body: Buffer.concat(chunks),
  };
}

async function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
}
