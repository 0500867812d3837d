/**
 * What a program that puts the gateway together itself may add to it. The `switchboard` command adds nothing; the
 * tests of conformance add the tools, prompts and resources that the suite asks for by name.
 */
import type {
  CallToolRequest,
  Result,
  Server,
  ServerCapabilities,
  ServerContext,
  Tool,
} from '@modelcontextprotocol/server';
import type { NameTool } from './tools.ts';

export interface Composition {
  /** The tool of a function where it is not to be `toolName`'s; must tell all functions apart. */
  readonly nameTool?: NameTool | undefined;
  /** More tools of the gateway's own, listed after the components'. */
  readonly tools?: readonly ComposedTool[] | undefined;
  readonly capabilities?: ServerCapabilities | undefined;
  /** Sees each server before it is connected: to register handlers. */
  readonly extend?: ((server: Server) => void) | undefined;
}

export interface ComposedTool {
  readonly tool: Tool;
  call(params: CallToolRequest['params'], ctx: ServerContext, server: Server): Result | Promise<Result>;
}
