// Each fact has one definition.

import assert from "node:assert/strict";
import { memoryFiles } from "../support/memory_files.ts";
import { athm } from "../support/store_program.ts";
import { home, keysProfile, newStore, standingOn } from "../support/store_samples.ts";

Deno.test("ls warns once about a damaged profile, however many depend on it", async () => {
  const { system: { files }, store } = await newStore();
  await store.saveProfile(keysProfile("base"), { replace: false });
  const [path = ""] = files.all(`${home}/profiles`);
  for (const name of ["a", "b"]) {
    await store.saveProfile(standingOn(name, "base"), { replace: false });
  }
  files.put(path, "half");
  const { code, err } = await athm("aws ls", files);
  assert.equal(code, 1);
  assert.equal(err.match(/warning:/g)?.length, 1, err);
  assert.match(err, /cannot open the profile "base"/);
  assert.match((await athm("aws rm a b", files)).err, /removed b/);
  assert.match(
    (await athm("aws ls", files)).err,
    /^athm: warning: cannot open a profile with an unreadable name/,
  );
});

Deno.test("rm removes and logs a name once, even if given twice", async () => {
  const files = memoryFiles();
  for (const line of ["aws add k --ambient --no-login", "aws rm k K"]) {
    const { code, err } = await athm(line, files);
    assert.equal(code, 0, err);
    if (line === "aws rm k K") assert.equal(err.match(/removed/g)?.length, 1, err);
  }
  assert.equal(files.text(`${home}/audit.log`)?.match(/"rm"/g)?.length, 1);
});

Deno.test("verify names the profile of a damaged session", async () => {
  const { system: { files }, store } = await newStore();
  await store.saveProfile(keysProfile("a"), { replace: false });
  files.makeFolder(`${home}/sessions`, 0o700);
  files.put(`${home}/sessions/${"0".repeat(32)}`, "half");
  const { code, err, out } = await athm("store verify", files);
  assert.equal(code, 1);
  assert.match(out + err, /cannot open a kept session of an unreadable profile/);
});

Deno.test("verify reports an open folder once, and everything else too", async () => {
  const { system: { files }, store } = await newStore();
  await store.saveProfile(keysProfile("a"), { replace: false });
  const [profile = ""] = files.all(`${home}/profiles`);
  files.makeFolder(`${home}/sessions`, 0o755);
  files.put(profile, "half");
  const { code, out, err } = await athm("store verify", files);
  assert.equal(code, 1);
  assert.equal((out + err).match(/other users have access/g)?.length, 1, out + err);
  assert.match(out + err, /cannot open/);
});
