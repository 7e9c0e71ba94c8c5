/** Foreign input: kubeconfig files and Git's questions; and tokens on a machine with a wrong clock. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { parse, stringify } from "yaml";
import { Failure } from "../../src/model/failure.ts";
import { execCredential } from "../../src/tokens/eks.ts";
import { askedRepository } from "../../src/tokens/codecommit.ts";
import { userName, withCluster, withoutCluster } from "../../src/tokens/kubeconfig.ts";
import { parseDatabase } from "../../src/tokens/rds.ts";
import { parseS3Url } from "../../src/tokens/s3.ts";
import { anyCharacter } from "../support/any_character.ts";
import { hour, minute, sessionTest } from "../support/session_world.ts";

const arn = "arn:aws:eks:eu-west-1:123456789012:cluster/prod";
const entry = {
  cluster: { arn, server: "https://example.com", authority: "Q0E=", id: "prod" },
  user: userName("example", arn),
  run: { command: "/usr/bin/athm", args: ["aws", "token", "eks", "prod", "example"] },
};

const plain = fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 12 });
const named = (inner: string) =>
  fc.uniqueArray(
    fc.record({ name: plain, [inner]: fc.dictionary(plain, fc.oneof(plain, fc.boolean())) }),
    { selector: ({ name }) => name, maxLength: 4 },
  );

Deno.test("kubeconfig: adding and removing a cluster keeps everything else", () => {
  const file = fc.record({
    apiVersion: fc.constant("v1"),
    kind: fc.constant("Config"),
    clusters: named("cluster"),
    contexts: named("context"),
    users: named("user"),
    preferences: fc.dictionary(plain, plain),
  });
  fc.assert(fc.property(file, fc.boolean(), (before, isJson) => {
    const text = isJson ? JSON.stringify(before) : stringify(before);
    const added = withCluster(text, "config", entry).text;
    const there = parse(added);
    assert.equal(there["current-context"], arn);
    assert.equal(there.users.at(-1).user.exec.command, "/usr/bin/athm");
    const { "current-context": current, ...after } = parse(
      withoutCluster(added, "config", "example", "prod").text,
    );
    assert.equal(current, "");
    assert.deepEqual(after, JSON.parse(JSON.stringify(before)));
  }));
});

Deno.test("kubeconfig: comments, quotes and order stay", () => {
  const text = `# mine
apiVersion: v1
clusters:
- cluster:
    server: 'https://10.0.0.1'  # the lab
  name: lab
users: []
contexts: null
`;
  const { text: added } = withCluster(text, "config", entry);
  for (
    const line of ["# mine", "    server: 'https://10.0.0.1' # the lab", "- name: athm:example:"]
  ) {
    assert.ok(added.includes(line), line);
  }
  assert.equal(withCluster(added, "config", entry).text, added);
});

Deno.test("kubeconfig: any text is read or is an error that does not quote it", () => {
  fc.assert(fc.property(fc.string({ minLength: 1 }), (text) => {
    try {
      withCluster(text, "config", entry);
    } catch (error) {
      assert.ok(error instanceof Failure, String(error));
      assert.match(error.message, /^config is not a kubeconfig file: [\w ]+$/);
    }
  }));
});

Deno.test("git: any question is CodeCommit's or gets no answer", () => {
  const hosts = fc.oneof(
    fc.domain(),
    fc.constantFrom(
      "git-codecommit.eu-west-1.amazonaws.com",
      "git-codecommit-fips.us-east-1.amazonaws.com",
      "vpce-1a-2b.git-codecommit.eu-west-1.vpce.amazonaws.com",
      "git-codecommit.cn-north-1.amazonaws.com.cn",
      "git-codecommit.eu-west-1.amazonaws.com:443",
    ),
    fc.domain().map((name) => `git-codecommit.eu-west-1.amazonaws.com.${name}`),
  );
  const own =
    /^(vpce-[\w-]+\.)?git-codecommit(-fips)?\.[a-z0-9-]+\.(vpce\.)?amazonaws\.com(\.cn)?(:\d+)?$/;
  fc.assert(fc.property(hosts, fc.constantFrom("https", "http"), (host, protocol) => {
    const asked = askedRepository(`protocol=${protocol}\nhost=${host}\npath=v1/repos/mine\n`);
    assert.equal(asked !== undefined, protocol === "https" && own.test(host), host);
  }));
  fc.assert(fc.property(fc.string({ unit: anyCharacter }), (text) => {
    assert.equal(askedRepository(text), undefined);
  }));
});

Deno.test("operands: any text is read or is a usage error", () => {
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), (text) => {
    for (const read of [parseDatabase, parseS3Url]) {
      for (const each of [text, `s3://bucket/${text}`, `${text}@db.example.com:5432`]) {
        try {
          read(each);
        } catch (error) {
          assert.ok(error instanceof Failure && error.code === "usage", String(error));
        }
      }
    }
  }));
});

sessionTest("a token is signed with AWS's time if this machine's clock is wrong", async (world) => {
  await world.machine();
  const late = await world.machine({ ahead: -3 * hour, pid: 7 });
  const { system, store } = late;
  await store.saveProfile(world.profile("example"), { replace: false });
  const from = await late.ask("example");
  assert.ok(Math.abs((from.session.skew ?? 0) - 3 * hour) < minute, `${from.session.skew}`);
  // The kept session has it too.
  const kept = await late.ask("example");
  assert.equal(kept.session.skew, from.session.skew);
  const printed = await execCredential(system, kept, { cluster: "prod", region: "eu-west-1" });
  const { status } = JSON.parse(printed);
  const url = new TextDecoder().decode(
    Uint8Array.fromBase64(status.token.slice("k8s-aws-v1.".length), { alphabet: "base64url" }),
  );
  const stamp = new URL(url).searchParams.get("X-Amz-Date") ?? "";
  const signed = Date.parse(
    stamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"),
  );
  assert.ok(Math.abs(signed - (system.now() + 3 * hour)) < minute, stamp);
  // The client compares the time of expiry with its own clock.
  assert.equal(Date.parse(status.expirationTimestamp), system.now() + 14 * minute);
});
