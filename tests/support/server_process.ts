/**
 * Third-party servers. They choose a free port and print it: another process could take a port that
 * the test chose before the server listens.
 *
 * @module
 */

import { endGroup, killGroup } from "./story_process.ts";

export interface ServerProcess extends AsyncDisposable {
  readonly port: number;
}

/**
 * Starts a server that prints its port to standard error, where the pattern captures it.
 *
 * @param patience maximum milliseconds until it listens
 */
export async function startServer(
  program: string,
  options: Pick<Deno.CommandOptions, "cwd" | "env"> & { readonly args: readonly string[] },
  printed: RegExp,
  patience = 60_000,
): Promise<ServerProcess> {
  // To a file: a pipe would have to be read as long as the server runs.
  const log = await Deno.makeTempFile({ prefix: "athm-server-" });
  const child = new Deno.Command("/bin/sh", {
    ...options,
    args: ["-c", 'log=$1; shift; exec "$@" 2>"$log"', "sh", log, program, ...options.args],
    stdin: "null",
    stdout: "null",
    // A separate process group: PHP's workers survive their parent.
    detached: true,
  }).spawn();
  let over = false;
  const ended = child.status.then(() => over = true);
  const stop = async () => {
    killGroup(child.pid);
    await ended;
    await endGroup(child.pid);
    await Deno.remove(log);
  };
  for (const until = Date.now() + patience;;) {
    const text = await Deno.readTextFile(log);
    const [, port] = printed.exec(text) ?? [];
    if (port !== undefined) return { port: Number(port), [Symbol.asyncDispose]: stop };
    if (over || Date.now() > until) {
      await stop();
      throw new Error(`${program} did not start: ${text}`);
    }
    await new Promise((done) => setTimeout(done, 50));
  }
}
