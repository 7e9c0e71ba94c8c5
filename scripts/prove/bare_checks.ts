/**
 * What a container may lack: each check starts athm in a bare root without it.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { FakeAws, UserKey } from "../../tests/support/fake_aws.ts";
import type { BareRoot } from "./bare_root.ts";
import { emulatedTimeout, run } from "./command.ts";
import type { Check, Ran, RunOptions } from "./ground.ts";

/** An unprivileged user without a passwd entry. */
const stranger = 12_345;

/** The checks for the program at `athm` in the root. */
export function bareChecks(root: BareRoot, athm: string, aws: FakeAws): readonly Check[] {
  const user = aws.addUser({ name: "bob" });
  const words = ["aws", "exec", "--ambient", "--endpoint-url", aws.url];
  const child = ["--", "sh", "-c", 'echo "$AWS_ACCESS_KEY_ID"; exit 7'];
  const role = "arn:aws:iam::123456789012:role/bare";
  aws.addRole({ arn: role, trusts: [user.arn] });
  const once = (options: RunOptions & { readonly user?: number }) =>
    root.enter(athm, [...words, "--role-arn", role, ...child], {
      ...options,
      env: { ...keys(user), ...options.env },
    });
  return [
    check("no passwd entry, no certificates, no HOME", async () => {
      ran(await once({}));
    }),
    check("a user without a name", async () => {
      ran(await once({ user: stranger }));
    }),
    check("a read-only disk", async () => {
      const mounts = 'mount --bind "$ROOT" "$ROOT" && mount -o remount,ro,bind "$ROOT" && ' +
        'mount -t proc proc "$ROOT/proc" && mount --rbind /dev "$ROOT/dev" && ' +
        'exec chroot "$ROOT" /bin/env -i "$@"';
      const env = Object.entries({ PATH: "/usr/local/bin:/bin", ...keys(user) })
        .map(([name, value]) => `${name}=${value}`);
      ran(
        await run("unshare", [
          ...["--mount", "sh", "-c", mounts, "sh", ...env, athm],
          ...[...words, "--role-arn", role, ...child],
        ], {
          env: { PATH: Deno.env.get("PATH") ?? "", ROOT: root.path },
          timeout: emulatedTimeout,
        }),
      );
    }),
    check("host names are looked up", async () => {
      await Deno.mkdir(`${root.path}/etc`, { recursive: true });
      await Deno.writeTextFile(`${root.path}/etc/hosts`, "127.0.0.1 sts.athm.test\n");
      const { port } = new URL(aws.url);
      const { code, stderr } = await root.enter(athm, [
        ...["aws", "exec", "--ambient", "--endpoint-url", `https://sts.athm.test:${port}`],
        ...["--role-arn", role, "--", "true"],
      ], { env: keys(user) });
      assert.equal(code, 125);
      // The name was found in /etc/hosts: what fails is TLS, since the fake speaks plain HTTP.
      assert.doesNotMatch(stderr, /resolve|name/);
    }),
  ];
}

function keys({ accessKeyId, secretAccessKey }: UserKey): Record<string, string> {
  return { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
}

function ran({ code, stdout, stderr }: Ran): void {
  assert.equal(code, 7, stderr);
  assert.match(stdout, /^ASIA/);
  assert.equal(stderr, "");
}

function check(name: string, run: () => Promise<void>): Check {
  return { name: `bare root: ${name}`, run };
}
