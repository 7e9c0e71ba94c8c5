// Credentials with invalid characters, from every source: rejected, never kept or printed.
import assert from "node:assert/strict";
import { run } from "../../src/program.ts";
import { httpTo } from "../support/http_to_fake.ts";
import { testSystem } from "../support/test_system.ts";

/** NUL, newline, ESC, a C1 control, a direction override, and a letter beyond ASCII. */
const odd = ["\0", "\n", "\u001b[2J", "\u009b", "\u202e", "ü"];
const good = {
  AccessKeyId: "ASIAIOSFODNN7EXAMPLE",
  SecretAccessKey: "a/secret/of/forty/characters/EXAMPLEKEY1",
  SessionToken: "a+token==",
};
const variables = {
  AccessKeyId: "AWS_ACCESS_KEY_ID",
  SecretAccessKey: "AWS_SECRET_ACCESS_KEY",
  SessionToken: "AWS_SESSION_TOKEN",
} as const;

function documents(): Record<keyof typeof good, string>[] {
  const names = Object.keys(good) as (keyof typeof good)[];
  return names.flatMap((name) => odd.map((text) => ({ ...good, [name]: `${good[name]}${text}x` })));
}

async function refused(args: string, options: Parameters<typeof testSystem>[0]) {
  const system = testSystem(options);
  const code = await run(args.split(" "), system);
  const said = system.captured.said.join("\n");
  assert.ok(code === 1 || code === 2, `${code} ${said}`);
  assert.equal(system.captured.out, "");
  // deno-lint-ignore no-control-regex
  assert.doesNotMatch(said, /internal error|[\x00\x1b\x80-\x9f\u202e]|secret\/of/);
  assert.deepEqual(system.files.all("/home/ann").filter((path) => path.includes("profiles/")), []);
}

Deno.test("odd characters in a key, secret or token: refused from standard input", async () => {
  for (const document of documents()) {
    const input = JSON.stringify({ Version: 1, ...document });
    await refused("aws add x --stdin", { input });
    await refused("aws add x --stdin --no-login", { input });
  }
});

Deno.test("odd characters in a key, secret or token: refused from the environment", async () => {
  for (const document of documents()) {
    const env = Object.fromEntries(
      Object.entries(variables).map(([name, at]) => [at, document[name as keyof typeof good]]),
    );
    await refused("aws add x --from-env --no-login", { env: { HOME: "/home/ann", ...env } });
  }
});

Deno.test("credentials that expired are refused, with the clock's hint", async () => {
  const input = JSON.stringify({ Version: 1, ...good, Expiration: "2020-01-01T00:00:00Z" });
  for (const more of ["", " --role-arn arn:aws:iam::123456789012:role/r"]) {
    const http = httpTo({ handle: () => Promise.reject(new Error("no call was expected")) });
    const system = testSystem({ input, system: { http } });
    assert.equal(await run(`aws add x --stdin${more}`.split(" "), system), 1);
    const said = system.captured.said.join("\n");
    assert.match(said, /expired at 2020-01-01T00:00:00Z\nathm: hint: .*clock with athm doctor/);
  }
});
