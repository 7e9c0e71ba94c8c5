/**
 * The behavior of `install.sh`, in any shell.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type InstallOptions, type InstallWorld, installWorld } from "./install_world.ts";
import { missing, unless } from "./programs.ts";
import type { Ran } from "./story_process.ts";

/** A failure, and its error message. */
interface Refused {
  readonly what: string;
  readonly args?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly prepare?: (world: InstallWorld) => Promise<void> | void;
  readonly program?: string;
  readonly says: RegExp;
  readonly hints?: RegExp;
}

const archive = ".tar.gz";

const refused: readonly Refused[] = [
  {
    what: "a wrong archive",
    prepare: ({ trouble }) => void trouble.set(archive, "wrong"),
    says: /the checksum of .* does not match SHA256SUMS/,
  },
  {
    what: "an archive that was cut off",
    prepare: ({ trouble }) => void trouble.set(archive, "cut"),
    says: /the checksum of .* does not match SHA256SUMS/,
  },
  {
    what: "a connection that breaks off",
    prepare: ({ trouble }) => void trouble.set(archive, "short"),
    says: /cannot download .*tar\.gz|does not match SHA256SUMS/,
  },
  {
    what: "sums that were cut off",
    prepare: ({ trouble }) => void trouble.set("SHA256SUMS", "missing"),
    says: /cannot download .*SHA256SUMS/,
  },
  {
    what: "a version that there is not",
    args: "--version 9.9.9",
    says: /cannot download .*v9\.9\.9\/SHA256SUMS/,
  },
  {
    what: "no network",
    env: { ATHM_DOWNLOADS: "http://127.0.0.1:1" },
    says: /cannot download/,
  },
  {
    what: "an address in the clear",
    env: { ATHM_DOWNLOADS: "http://example.com" },
    says: /must start with https/,
  },
  {
    what: "an unknown processor",
    prepare: ({ shim }) => shim("uname", '[ "$1" = -m ] && echo riscv64 || echo Linux'),
    says: /not available for the processor riscv64/,
  },
  {
    what: "an unknown system",
    prepare: ({ shim }) => shim("uname", '[ "$1" = -m ] && echo x86_64 || echo FreeBSD'),
    says: /not available for FreeBSD/,
  },
  { what: "a folder that cannot be made", args: "--to /dev/null/bin", says: /cannot create/ },
  {
    what: "a full or read-only folder",
    prepare: ({ shim }) =>
      shim("mktemp", 'case $* in *.athm.*) return 1;; esac; command mktemp "$@"'),
    says: /cannot write to/,
  },
  {
    what: "a program that does not run here",
    program: "#!/bin/sh\nexit 1\n",
    says: /does not run on this system$/,
  },
  {
    what: "a C library that is too old",
    program:
      "#!/bin/sh\necho \"athm: /lib/libc.so.6: version 'GLIBC_2.27' not found\" >&2; exit 1\n",
    says: /does not run on this system: athm: .*GLIBC_2\.27' not found$/,
    hints: /glibc 2\.27 or later/,
  },
  {
    what: "a missing libgcc_s",
    program:
      "#!/bin/sh\necho 'athm: libgcc_s.so.1: cannot open shared object file' >&2; exit 127\n",
    says: /does not run on this system: athm: libgcc_s/,
    hints: /install libgcc_s/,
  },
  { what: "no home", env: { HOME: undefined }, says: /HOME is not set/ },
  { what: "an unknown option", args: "--prefix /usr", says: /unknown option --prefix/ },
  { what: "an option without its value", args: "--to", says: /--to requires a value/ },
  { what: "a version that is none", args: "--version '1.2.3;x'", says: /invalid version/ },
];

/** Why these tests cannot run here. */
export function installMissing(...programs: readonly string[]): string | undefined {
  return Deno.build.os === "windows" ? "install.sh is for macOS and Linux" : missing(...programs);
}

/** Registers all tests for one shell. */
export function installTests(name: string, options: InstallOptions, skipped?: string): void {
  const test = (
    what: string,
    program: string | undefined,
    run: (w: InstallWorld) => Promise<void>,
  ) =>
    Deno.test({
      ...unless(skipped, `install.sh (${name}): ${what}`),
      fn: async () => {
        await using world = await installWorld({ ...options, ...program ? { program } : {} });
        await run(world);
      },
    });

  test(
    "puts a program that runs into ~/.local/bin, and nothing else anywhere",
    undefined,
    async (world) => {
      const ran = await world.install();
      assert.deepEqual([ran.exit, ran.err], [0, ""]);
      const place = `${world.home}/.local/bin/athm`;
      assert.deepEqual(world.files(), [`${world.home}/.local`, `${world.home}/.local/bin`, place]);
      assert.equal((Deno.statSync(place).mode ?? 0) & 0o777, 0o755);
      assert.match(ran.out, /\.local\/bin\/athm is athm 1\.2\.3/);
      assert.match(ran.out, /not on PATH/);
    },
  );

  test("--to and --version in both spellings, over an older athm", undefined, async (world) => {
    for (const args of ["--to my/bin --version v1.2.3", "--to=my/bin --version=1.2.3"]) {
      await Deno.mkdir(`${world.home}/my/bin`, { recursive: true });
      await Deno.writeTextFile(`${world.home}/my/bin/athm`, "older");
      const ran = await world.install(args);
      assert.deepEqual([ran.exit, ran.err], [0, ""]);
      assert.match(Deno.readTextFileSync(`${world.home}/my/bin/athm`), /a program of the tests/);
      assert.deepEqual(Array.from(Deno.readDirSync(`${world.home}/my/bin`), (e) => e.name), [
        "athm",
      ]);
    }
  });

  test(
    "on musl it brings glibc, and tells the program where its loader is",
    undefined,
    async (world) => {
      await world.shim("uname", '[ "$1" = -m ] && echo x86_64 || echo Linux');
      await world.shim("ldd", 'echo "musl libc (x86_64)" >&2; return 1');
      const ran = await world.install();
      assert.deepEqual([ran.exit, ran.err], [0, ""]);
      const place = `${world.home}/.local/lib/athm`;
      assert.equal(Deno.readTextFileSync(`${place}/libc.so.6`), "a library\n");
      const program = Deno.readTextFileSync(`${world.home}/.local/bin/athm`);
      const [, path = ""] = /^# (.*)$/m.exec(program) ?? [];
      assert.equal(path.length, 255);
      assert.equal(path.replaceAll(/\/+/g, "/"), `${place}/ld-linux-x86-64.so.2`);
      assert.match(program, /a program of the tests/);
    },
  );

  for (const { what, args, env, prepare, program, says, hints } of refused) {
    test(`${what} is one sentence, and nothing is installed`, program, async (world) => {
      await prepare?.(world);
      refusedWith(await world.install(args, env), says, hints);
      assert.deepEqual(world.files(), []);
    });

    test(`${what} leaves an older athm alone`, program, async (world) => {
      await prepare?.(world);
      const folder = `${world.home}/.local/bin`;
      await Deno.mkdir(folder, { recursive: true });
      await Deno.writeTextFile(`${folder}/athm`, "older");
      refusedWith(await world.install(args, env), says, hints);
      assert.equal(Deno.readTextFileSync(`${folder}/athm`), "older");
      assert.equal(world.files().length, 3);
    });
  }

  for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]] as const) {
    test(`${signal} in the middle of a download leaves nothing`, undefined, async (world) => {
      world.trouble.set(archive, "hang");
      assert.equal(await world.interrupted(signal), code);
      assert.deepEqual(world.files(), []);
    });
  }
}

function refusedWith(ran: Ran, says: RegExp, hints = /^install\.sh: hint: /): void {
  assert.notEqual(ran.exit, 0, ran.out);
  assert.deepEqual([ran.timedOut, ran.left], [false, []]);
  const [sentence = "", hint, ...more] = ran.err.trimEnd().split("\n");
  assert.match(sentence, /^install\.sh: error: /);
  assert.match(sentence, says);
  if (hint !== undefined) {
    assert.match(hint, /^install\.sh: hint: /);
    assert.match(hint, hints);
  }
  assert.deepEqual(more, []);
}
