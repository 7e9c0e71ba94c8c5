/** Narrower sessions stay narrow while they are renewed, in every mode and in `athm serve`. */
import assert from "node:assert/strict";
import { execTest, type ExecWorld } from "../support/exec_world.ts";

const fullFor = ({ aws }: ExecWorld) =>
  aws.calls.filter(({ action }) => action === "GetSessionToken").length;

/** Calls for a narrower session, each with its policy. */
function narrowFor({ aws }: ExecWorld): number {
  const made = aws.calls.filter(({ action }) => action === "GetFederationToken");
  for (const { params } of made) {
    assert.equal(params["PolicyArns.member.1.arn"], "arn:aws:iam::aws:policy/ReadOnlyAccess");
  }
  return made.length;
}

for (const mode of [[], ["--server"]]) {
  execTest(`narrow: exec --read-only ${mode} renews a narrow session`, async (world) => {
    const full = fullFor(world);
    const tries = `can ${world.aws.url} GetItem PutItem; echo`;
    const athm = world.start([
      ...["aws", "exec", "example", "--read-only", "--min-ttl", "1s", ...mode],
      // Without --server, the child keeps the keys that it was started with.
      ...["--", "/bin/sh", "-c", `${tries} up; sleep 7; ${mode.length ? tries : "echo"} done`],
    ]);
    assert.equal(await athm.ended, 0, athm.said());
    assert.deepEqual(
      athm.out().split("\n").filter((line) => line.includes(":")),
      Array.from({ length: mode.length ? 2 : 1 }, () => ["GetItem: yes", "PutItem: no"]).flat(),
    );
    assert.ok(narrowFor(world) >= 2, "it was renewed");
    assert.equal(fullFor(world), full);
    const next = await world.home.run(
      `athm aws exec example --read-only --min-ttl 1s -- can ${world.aws.url} PutItem`,
    );
    assert.deepEqual([next.exit, next.out], [0, "PutItem: no\n"]);
  }, { lifetime: 9 });
}

execTest("narrow: a renewal that fails never falls back to the full session", async (world) => {
  const athm = world.start([
    ...["aws", "exec", "example", "--read-only", "--min-ttl", "1s", "--server"],
    ...["--", "/bin/sh", "-c", `echo up; sleep 8; can ${world.aws.url} PutItem || echo none`],
  ]);
  await athm.sees(/up/);
  world.aws.behave({
    kind: "fail",
    status: 403,
    code: "AccessDenied",
    message: "not allowed",
    action: "GetFederationToken",
  }, Infinity);
  assert.equal(await athm.ended, 0, athm.said());
  assert.match(athm.out(), /none/);
  // The full session was there to be taken.
  const full = await world.home.run(`athm aws exec example -- can ${world.aws.url} PutItem`);
  assert.equal(full.out, "PutItem: yes\n");
}, { lifetime: 6 });

execTest("narrow: serve --read-only serves every profile narrow", async (world) => {
  await world.add("other");
  const full = fullFor(world);
  const served = world.start(["serve", "example", "other", "--read-only", "--port", "0"]);
  const [, origin = ""] = await served.sees(/\(read-only\) at (http:\S+)\/NAME/);
  const port = new URL(origin).port;
  for (const name of ["example", "other"]) {
    const { out, err } = await world.home.run(
      `eval "$(athm serve --print-env ${name} --port ${port})"; can ${world.aws.url} GetItem PutItem`,
    );
    assert.equal(out, "GetItem: yes\nPutItem: no\n", err);
  }
  assert.equal(narrowFor(world), 2);
  assert.equal(fullFor(world), full);
  served.signal("SIGTERM");
  assert.equal(await served.ended, 0);
});
