/**
 * The program on a machine in memory with fake helper programs (keychains, `stat`), for the tests
 * of `athm store`.
 *
 * @module
 */
import type { HelperOutput, HelperSpec } from "../../src/system/children.ts";
import { Failure } from "../../src/model/failure.ts";
import { run } from "../../src/program.ts";
import type { System } from "../../src/system/system.ts";
import type { MemoryFiles } from "./memory_files.ts";
import { type TestSystem, testSystem, type TestSystemOptions } from "./test_system.ts";

/** A keychain in memory, behind the helper program of each system. */
export interface Helpers {
  /** Secrets by the item's id. */
  readonly items: Map<string, string>;
  /** Every helper that was started. */
  readonly specs: HelperSpec[];
  /**
   * `locked`: returns and saves nothing. `deaf`: reports success and saves nothing. `slow`: never
   * responds.
   */
  mood: "well" | "locked" | "deaf" | "slow" | "missing";
  /** The runtime folder's file system, according to `stat`. */
  fileSystem: string;
  readonly children: System["children"];
}

export function helpers(): Helpers {
  const items = new Map<string, string>();
  const specs: HelperSpec[] = [];
  const played: Record<string, (spec: HelperSpec) => HelperOutput> = {
    "secret-tool": ({ args, input = "" }) => {
      const id = args.at(-1) ?? "";
      if (args[0] === "store") return keep(id, input);
      return args[0] === "lookup" ? give(id) : forget(id);
    },
    "/usr/bin/security": ({ args, input = "" }) => {
      const [, id = "", secret = ""] = /-a (\S+) -w (\S+)\n$/.exec(input) ?? [];
      if (args[0] === "-i") return keep(id, secret);
      const of = args[args.indexOf("-a") + 1] ?? "";
      return args[0] === "find-generic-password" ? give(of) : forget(of);
    },
    // Reversing the bytes stands in for encryption.
    "powershell.exe": ({ input = "" }) =>
      world.mood === "well"
        ? said(Uint8Array.fromBase64(input.trim()).toReversed().toBase64())
        : said("", 1),
    stat: () => said(`${world.fileSystem}\n`),
  };
  const said = (stdout: string, code = 0): HelperOutput => ({ stdout, code });
  const give = (id: string) =>
    world.mood === "well" && items.has(id) ? said(`${items.get(id)}\n`) : said("", 1);
  function keep(id: string, secret: string) {
    if (world.mood === "locked") return said("", 1);
    if (world.mood === "well") items.set(id, secret);
    return said("");
  }
  function forget(id: string) {
    return world.mood === "well" && items.delete(id) ? said("") : said("", 1);
  }
  const world: Helpers = {
    items,
    specs,
    mood: "well",
    fileSystem: "tmpfs",
    children: {
      start: ({ command }) => {
        throw new Error(`no child was expected: ${command}`);
      },
      onSignal: () => () => {},
      help: (spec) => {
        specs.push(spec);
        const { command } = spec;
        const isKeychain = command !== "stat";
        if (isKeychain && world.mood === "slow") {
          return Promise.reject(new Failure("source", `${command} took over ${spec.seconds} s`));
        }
        if (isKeychain && world.mood === "missing") {
          return Promise.reject(new Failure("command-not-found", `"${command}" not found`));
        }
        const play = played[command];
        return play
          ? Promise.resolve(play(spec))
          : Promise.reject(new Error(`no helper was expected: ${command}`));
      },
    },
  };
  return world;
}

/** Variables of a desktop session. */
export const desktop: Readonly<Record<string, string>> = {
  HOME: "/home/ann",
  DBUS_SESSION_BUS_ADDRESS: "unix:path=/run/user/1000/bus",
  XDG_RUNTIME_DIR: "/run/user/1000",
};

export const runtimeFolder = "/run/user/1000";

/** A command's output and exit code. */
export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly system: TestSystem;
}

/** A command line, split at spaces, in its own process. */
export async function athm(
  line: string,
  files: MemoryFiles,
  options: Omit<TestSystemOptions, "files"> & { readonly on?: System["files"] } = {},
): Promise<Said> {
  const { on, ...rest } = options;
  const system = testSystem({ files, ...rest });
  const code = await run(line.split(" "), on ? { ...system, files: on } : system);
  return { code, out: system.captured.out, err: system.captured.said.join("\n"), system };
}

/**
 * Uses one round for passphrases when sealing and opening, so that hundreds of tests are fast. The
 * files still contain the original number of rounds.
 */
export function cheapPassphrases(): Disposable {
  const real = crypto.subtle.deriveBits;
  crypto.subtle.deriveBits = function (algorithm, ...rest) {
    const cheap = "iterations" in (algorithm as Pbkdf2Params)
      ? { ...(algorithm as Pbkdf2Params), iterations: 1 }
      : algorithm;
    return real.call(crypto.subtle, cheap, ...rest);
  } as typeof real;
  return {
    [Symbol.dispose]: () => {
      crypto.subtle.deriveBits = real;
    },
  };
}

/** Prints a line with the tests' results: `deno test -q` hides a test's own output. */
export async function report(test: Deno.TestContext, line: string): Promise<void> {
  await test.step(line, () => {});
}
