/**
 * Demonstrates the main job without an AWS account: a fake STS on loopback, a store in a temporary
 * folder, and athm as a user would type it. `deno task demo`
 *
 * @module
 */
import { startFakeAws } from "../tests/support/fake_aws.ts";
import { makePrograms } from "../tests/support/story_shim.ts";

const role = "arn:aws:iam::123456789012:role/deploy";

/** The demo prints each command, then runs it in the shell. */
const steps: readonly (readonly [why: string, command: string])[] = [
  [
    "Sign in with an access key and assume a role.",
    `athm aws add example --from-env --role-arn ${role}`,
  ],
  [
    "Run a command with the role's credentials.",
    "athm aws exec example -- sh -c 'echo \"the child has key $AWS_ACCESS_KEY_ID until $AWS_CREDENTIAL_EXPIRATION\"'",
  ],
  [
    "athm keeps the session: no prompt and no call to AWS.",
    "athm aws exec example -- true",
  ],
  [
    "The exit code is the command's.",
    'athm aws exec example -- sh -c "exit 7"; echo "exit code $?"',
  ],
  ["Force a new session.", "athm aws exec example --rotate"],
  [
    "Load the session into this shell.",
    'eval "$(athm aws export example)"; echo "this shell has key $AWS_ACCESS_KEY_ID"',
  ],
  ["Show the session's identity.", "athm aws whoami example"],
  ["List profiles.", "athm aws ls"],
];

/** Runs the demo; returns the exit code of the first step that fails, else 0. */
async function demo(): Promise<number> {
  await using aws = await startFakeAws();
  const user = aws.addUser({ name: "alice" });
  aws.addRole({ arn: role, trusts: [user.arn] });
  const home = await Deno.makeTempDir({ prefix: "athm-demo-" });
  const programs = await makePrograms();
  const env = {
    ATHM_HOME: `${home}/athm`,
    PATH: `${programs}:${Deno.env.get("PATH") ?? "/usr/bin:/bin"}`,
    HOME: home,
    USER: "alice",
    AWS_ACCESS_KEY_ID: user.accessKeyId,
    AWS_SECRET_ACCESS_KEY: user.secretAccessKey,
  };
  try {
    say(`A fake STS that verifies every signature listens on ${aws.url}.`);
    for (const [why, command] of steps) {
      say(`\n# ${why}\n$ ${command}`);
      const before = aws.calls.length;
      // The endpoint is the only difference from real AWS, so do not show it.
      const line = command.replace("aws add example", `aws add example --endpoint-url ${aws.url}`);
      const { code } = await new Deno.Command("/bin/sh", {
        args: ["-c", line],
        env,
        clearEnv: true,
      })
        .spawn().status;
      if (code !== 0) return code;
      const calls = aws.calls.slice(before).map(({ action }) => action);
      say(`  [STS calls: ${calls.join(", ") || "none"}]`);
    }
    return 0;
  } finally {
    await Deno.remove(home, { recursive: true });
    await Deno.remove(programs, { recursive: true });
    say("\nRemoved all temporary files.");
  }
}

function say(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

Deno.exitCode = await demo();
