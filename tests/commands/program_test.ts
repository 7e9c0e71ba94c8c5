/** `run`: exit codes, error messages and disabled prompts. */
import assert from "node:assert/strict";
import { Failure, type FailureCode } from "../../src/model/failure.ts";
import type { Profile } from "../../src/model/profile.ts";
import { run } from "../../src/program.ts";
import { openOrCreateStore } from "../../src/session/stores.ts";
import { memoryFiles } from "../support/memory_files.ts";
import { canary, keysProfile, sampleSession } from "../support/store_samples.ts";
import { type TestSystem, testSystem, type TestSystemOptions } from "../support/test_system.ts";

/** A machine on which the first access to the store throws `error`. */
function broken(error: unknown, options: TestSystemOptions = {}): TestSystem {
  const system = testSystem(options);
  system.files.facts = () => {
    throw error;
  };
  return system;
}

/** A machine with these profiles, stored by another process. */
async function withProfiles(profiles: readonly Profile[], options: TestSystemOptions = {}) {
  const files = memoryFiles();
  const store = await openOrCreateStore(testSystem({ files }));
  for (const profile of profiles) await store.saveProfile(profile, { replace: false });
  const system = testSystem({ files, ...options });
  system.http = () => Promise.resolve({ send: untrusted, [Symbol.dispose]: () => {} });
  return { system, store };
}

function untrusted(): Promise<never> {
  return Promise.reject(new Failure("tls", "the certificate is not trusted"));
}

/** Documented exit codes: for other commands, and for `exec`. */
const codes: Readonly<Record<FailureCode, readonly [other: number, exec: number]>> = {
  "usage": [2, 2],
  "not-found": [1, 125],
  "exists": [1, 125],
  "untrusted": [1, 125],
  "needs-person": [1, 125],
  "denied": [1, 125],
  "cancelled": [130, 130],
  "store-key": [1, 125],
  "store-moved": [1, 125],
  "store-damaged": [1, 125],
  "store-open": [1, 125],
  "store-newer": [1, 125],
  "files": [1, 125],
  "mfa-code": [1, 125],
  "source": [1, 125],
  "aws": [1, 125],
  "aws-not-offered": [1, 125],
  "aws-too-long": [1, 125],
  "aws-proof": [1, 125],
  "aws-passing": [1, 125],
  "network": [1, 125],
  "tls": [1, 125],
  "command-not-found": [127, 127],
  "command-not-executable": [126, 126],
};

for (const [code, [other, exec]] of Object.entries(codes)) {
  Deno.test(`program: ${code} exits with ${other}, in exec with ${exec}, and prints its hint`, async () => {
    const failure = new Failure(code as FailureCode, "what and why", "what to do");
    const said = ["athm: error: what and why", "athm: hint: what to do"];
    for (
      const [args, exit] of [
        [["aws", "ls"], other],
        [["aws", "exec", "example", "--", "true"], exec],
        [["--debug", "aws", "exec", "--no-prompt", "example"], exec],
      ] as const
    ) {
      const system = broken(failure);
      assert.equal(await run(args, system), exit, args.join(" "));
      assert.deepEqual(system.captured.said, said);
      assert.equal(system.captured.out, "");
    }
  });
}

Deno.test("program: a failure without a hint prints one line", async () => {
  const system = broken(new Failure("files", "what and why"));
  assert.equal(await run(["aws", "ls"], system), 1);
  assert.deepEqual(system.captured.said, ["athm: error: what and why"]);
});

class SpecialError extends Error {
  override readonly name = "SpecialError";
}

for (
  const [kind, error] of [
    ["SpecialError", new SpecialError(canary, { cause: new Error(canary) })],
    ["TypeError", new TypeError(`${canary}\n    at ${canary}`)],
    ["string", canary],
    ["undefined", undefined],
  ] as const
) {
  Deno.test(`program: an internal error (${kind}) is reported without its message`, async () => {
    for (const [command, exit] of [["ls", 1], ["exec", 125]] as const) {
      const system = broken(error);
      const args = ["aws", command, ...command === "exec" ? ["example"] : []];
      assert.equal(await run(args, system), exit);
      assert.deepEqual(system.captured.said, [
        `athm: error: internal error (${kind})`,
        "athm: hint: run it again with --debug and report the output",
      ]);
      assert.equal(system.captured.out, "");
    }
  });
}

Deno.test("program: --debug traces the stack of an internal error without its message", async () => {
  const system = broken(new SpecialError(canary));
  assert.equal(await run(["aws", "ls", "--debug"], system), 1);
  const said = system.captured.said.join("\n");
  assert.match(said, /^athm: debug: \S+ \+\d+ms at place=.*program_test\.ts/m);
  assert.ok(!said.includes(canary), said);
});

Deno.test("program: --debug shows no line of a multiline error message", async () => {
  const system = broken(new Error(`first\n    at ${canary} (file:///x.ts:1:1)\nlast ${canary}`));
  assert.equal(await run(["aws", "ls", "--debug"], system), 1);
  assert.ok(!system.captured.said.join("\n").includes(canary), system.captured.said.join("\n"));
});

Deno.test("program: a usage error exits with 2 before the store is opened", async () => {
  for (
    const args of [
      ["aws"],
      ["asw"],
      ["aws", "lss"],
      ["aws", "ls", "--jsno"],
      ["aws", "exec"],
      ["aws", "exec", "--min-ttl"],
      ["aws", "exec", "example", "--region", "nowhere", "--", "true"],
      ["aws", "exec", "../example", "true"],
      ["aws", "exec", "example", "--min-ttl", "soon", "true"],
      ["aws", "add"],
      ["aws", "add", "a", "b"],
      ["aws", "export", "example", "--format", "basic"],
      ["aws", "ls", "--no-prompt=no"],
    ]
  ) {
    const system = broken(new Error("the store was looked at"));
    assert.equal(await run(args, system), 2, args.join(" "));
    assert.match(system.captured.said[0] ?? "", /^athm: error: /, args.join(" "));
    assert.equal(system.captured.out, "");
  }
});

Deno.test("program: --help and --version print to stdout, whatever else is on the command line", async () => {
  for (
    const [args, says] of [
      [["--help"], /^Usage: athm COMMAND$/m],
      [["aws", "--help"], /^Usage: athm aws COMMAND$/m],
      [["aws", "exec", "--help"], /^Usage: athm aws exec /m],
      [["aws", "add", "--nonsense", "-h"], /^Usage: athm aws add NAME$/m],
      [["--version"], /^athm \d+\.\d+\.\d+/],
      [["aws", "ls", "-V"], /^athm \d+\.\d+\.\d+/],
    ] as const
  ) {
    const system = broken(new Error("the store was looked at"));
    system.variables.set("ATHM_AUDIT", "sometimes");
    assert.equal(await run(args, system), 0);
    assert.match(system.captured.out, says);
    assert.deepEqual(system.captured.said, []);
  }
});

Deno.test("program: --debug works in any position and equals ATHM_DEBUG", async () => {
  const lines = [["--debug", "aws", "whoami", "example"], ["aws", "--debug", "whoami", "example"], [
    "aws",
    "whoami",
    "--debug",
    "example",
  ], ["aws", "whoami", "example", "--debug"]];
  const plain = ["aws", "whoami", "example"];
  const traced = async (args: readonly string[], env: Record<string, string>) => {
    const profile = keysProfile("example");
    const { system } = await withProfiles([profile], { env: { HOME: "/home/ann", ...env } });
    assert.equal(await run(args, system), 1);
    return system.captured.said.filter((line) => line.startsWith("athm: debug: ")).length;
  };
  for (const args of lines) assert.ok(await traced(args, {}) > 0, args.join(" "));
  for (const on of ["1", "true", "yes"]) assert.ok(await traced(plain, { ATHM_DEBUG: on }) > 0, on);
  for (const off of ["", "0", "false"]) {
    assert.equal(await traced(plain, { ATHM_DEBUG: off }), 0, off);
  }
});

const mfaProfile = keysProfile("example", {
  role: { mfaSerial: "arn:aws:iam::123456789012:mfa/ann" },
});

/** Commands that prompt on a terminal, with their exit code if prompts are disabled. */
const asking: readonly (readonly [string, readonly string[], number])[] = [
  ["add", ["aws", "add", "fresh"], 1],
  ["rm --all", ["aws", "rm", "--all"], 1],
  ["whoami with MFA", ["aws", "whoami", "example"], 1],
  ["exec with MFA", ["aws", "exec", "example", "true"], 125],
];

for (const [what, args, exit] of asking) {
  const answers: readonly string[] = [];

  Deno.test(`program: ${what} prompts, and end of input cancels it`, async () => {
    for (const env of [{}, { CI: "" }, { CI: "false" }, { ATHM_NO_PROMPT: "0" }]) {
      const { system } = await withProfiles([mfaProfile], {
        answers,
        env: { HOME: "/home/ann", ...env },
      });
      assert.equal(await run(args, system), 130);
      assert.equal(system.asked.length, 1);
    }
  });

  Deno.test(`program: ${what} never prompts in CI, with ATHM_NO_PROMPT or with --no-prompt`, async () => {
    const [aws = "", command = "", ...rest] = args;
    for (
      const [line, env] of [
        [args, { CI: "true" }],
        [args, { CI: "1" }],
        [args, { ATHM_NO_PROMPT: "1" }],
        [["--no-prompt", ...args], {}],
        [[aws, "--no-prompt", command, ...rest], {}],
        [[aws, command, "--no-prompt", ...rest], {}],
      ] as const
    ) {
      const { system } = await withProfiles([mfaProfile], {
        answers: ["yes", "yes"],
        env: { HOME: "/home/ann", ...env },
      });
      assert.equal(await run(line, system), exit, line.join(" "));
      assert.deepEqual(system.asked, []);
      assert.equal(system.captured.said.length, 2);
      assert.match(system.captured.said[0] ?? "", /^athm: error: .*prompts are disabled/);
      // The hint names an option that replaces the prompt.
      assert.match(
        system.captured.said[1] ?? "",
        /^athm: hint: .*(--from-env|--yes|--mfa-command)/,
      );
    }
  });
}

Deno.test("program: exec runs the program with a kept session and returns its exit code", async () => {
  const { system, store } = await withProfiles([keysProfile("example")]);
  const { resolved } = await import("../../src/session/sign_in/fingerprint.ts");
  const mark = (await resolved(system, store, keysProfile("example"))).mark;
  await store.saveSession("example", sampleSession(), mark);
  for (
    const [end, code] of [
      [{ kind: "exit", code: 0 }, 0],
      [{ kind: "exit", code: 2 }, 2],
      [{ kind: "exit", code: 255 }, 255],
      [{ kind: "signal", number: 15 }, 143],
    ] as const
  ) {
    const started: unknown[] = [];
    const children: TestSystem["children"] = {
      ...system.children,
      start: ({ command, args }) => {
        started.push([command, ...args]);
        return { pid: 1, ended: Promise.resolve(end), signal: () => {} };
      },
    };
    const line = ["aws", "exec", "example", "--", "prog", "--debug", "-h"];
    assert.equal(await run(line, { ...system, children }), code);
    assert.deepEqual(started, [["prog", "--debug", "-h"]]);
  }
  assert.deepEqual(system.captured.said, []);
  assert.equal(system.captured.out, "");
});
