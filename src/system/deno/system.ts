/**
 * The implementation of `System`. Only this folder of `src/` uses `Deno`.
 *
 * @module
 */
import { storeVariables } from "../../model/variables.ts";
import { withoutVariables } from "../children.ts";
import { children } from "./children.ts";
import { files } from "./files.ts";
import { sayOrDrop, writeAll } from "./output.ts";
import { platform, separator } from "./platform.ts";
import { terminal } from "./terminal.ts";
import type { Http } from "../http.ts";
import { failedListen, listenerOver } from "../listener.ts";
import { alarm, sleep } from "../sleep.ts";
import type { System } from "../system.ts";

const env = { get: (name: string) => Deno.env.get(name) };

export function denoSystem(): System {
  return {
    platform,
    env,
    files,
    children,
    terminal,
    browser: {
      isThere: async () => await (await openBrowser()).isThere(),
      open: async (...args) => await (await openBrowser()).open(...args),
    },
    dialog: {
      canAsk: async () => (await import("../dialog.ts")).hasDesktop(platform, env),
      ask: async (question, echo) => {
        const { askInWindow } = await import("../dialog.ts");
        return await askInWindow(platform, children, storeVariables, question, echo);
      },
      allows: async (question) => {
        const { allowedInWindow } = await import("../dialog.ts");
        return await allowedInWindow(platform, children, storeVariables, question);
      },
    },
    terminalId: async () => {
      const { terminalId } = await import("../terminal_id.ts");
      return await terminalId(platform, children, Deno.pid);
    },
    devtools: {
      start: async (spec) => {
        const { browserDriver } = await import("./devtools.ts");
        return await browserDriver.start(spec);
      },
    },
    now: () => Date.now(),
    monotonic: () => performance.now(),
    sleep,
    alarm,
    random: (length) => crypto.getRandomValues(new Uint8Array(length)),
    chance: () => Math.random(),
    pid: Deno.pid,
    userId: () => Deno.uid() ?? undefined,
    hostname: () => Deno.hostname(),
    selfCommand,
    versions: { deno: Deno.version.deno, v8: Deno.version.v8 },
    http: openHttp,
    listen: (options) => {
      const { hostname, port, tls } = options;
      try {
        return listenerOver(
          tls ? Deno.listenTls({ hostname, port, ...tls }) : Deno.listen({ hostname, port }),
        );
      } catch (error) {
        throw failedListen(options, error);
      }
    },
    giveUpNetwork: () => void Deno.permissions.revokeSync({ name: "net" }),
    out: (text) => writeAll(Deno.stdout, text),
    say: sayOrDrop,
    readInput: async (limit) => {
      const { readAtMost } = await import("../http.ts");
      return await readAtMost(Deno.stdin.readable, limit);
    },
    busy: (_what, work) => work(),
    trace: () => {},
    audit: () => Promise.resolve(),
  };
}

export const processArguments = (): string[] => Deno.args;

/** Exits now: a pending renewal must not delay it. */
export function endWith(code: number): never {
  Deno.exit(code);
}

/** Load lazily: a kept session needs no browser. */
async function openBrowser() {
  const { browserOf } = await import("./browser.ts");
  return browserOf(platform, { get: (name) => Deno.env.get(name) });
}

async function openHttp(url: string, caPem?: string): Promise<Http> {
  const { connect, failedBundle, proxyFor, proxyVariables } = await import("../http.ts");
  // Plain HTTP to this machine must bypass proxies.
  const hidden = url.startsWith("http:") ? proxyVariables : [];
  const client = withoutVariables(Deno.env, hidden, () => {
    try {
      // In addition to the runtime's trust store, which is fixed when athm is compiled.
      return Deno.createHttpClient(caPem === undefined ? {} : { caCerts: [caPem] });
    } catch (error) {
      throw failedBundle(error);
    }
  });
  return connect(
    (url, init) => fetch(url, { ...init, client }),
    () => client.close(),
    (url) => proxyFor(url, { get: (name) => Deno.env.get(name) }),
  );
}

function selfCommand(): readonly string[] {
  const program = Deno.execPath();
  if (Deno.build.standalone) return [onPath(program) ?? program];
  const main = decodeURIComponent(new URL(Deno.mainModule).pathname).replace(/^\/(?=[A-Z]:)/, "");
  const config = main.replace(/[^/]*$/, "deno.json");
  return [program, "run", "-q", "-P", "--no-prompt", "--config", config, main];
}

/**
 * This program's path as found on PATH: package managers keep each version in a folder that the
 * next version removes, with a link on PATH.
 */
function onPath(program: string): string | undefined {
  const [name, between] = platform === "windows" ? ["athm.exe", ";"] : ["athm", ":"];
  for (const folder of (Deno.env.get("PATH") ?? "").split(between)) {
    if (!/^([A-Za-z]:)?[\\/]/.test(folder)) continue;
    const path = folder.replace(/[\\/]+$/, "") + separator + name;
    try {
      if (Deno.realPathSync(path) === program) return path;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}
