// XDG_RUNTIME_DIR belongs to another user, as after `su` or `sudo -E`, or is inaccessible: no
// command needs it.

import assert from "node:assert/strict";
import { Failure } from "../../src/model/failure.ts";
import { failedFileOperation } from "../../src/system/files.ts";
import { memoryFiles } from "../support/memory_files.ts";
import { athm, cheapPassphrases, helpers, runtimeFolder } from "../support/store_program.ts";
import { home } from "../support/store_samples.ts";

const words = "correct horse battery";

/** The operations on the folder that fail. */
const closed = {
  "another user's": {
    isClosed: (path: string) => path.startsWith(`${runtimeFolder}/`),
    error: new Deno.errors.PermissionDenied("Permission denied (os error 13)"),
  },
  "one that the runtime keeps": {
    isClosed: (path: string) => path.startsWith(runtimeFolder),
    error: new Deno.errors.NotCapable("run again with the --allow-all flag"),
  },
};

for (const [title, { isClosed, error }] of Object.entries(closed)) {
  Deno.test(`a runtime folder that is ${title} is ignored`, async () => {
    using _cheap = cheapPassphrases();
    const files = memoryFiles();
    files.makeFolder(runtimeFolder, 0o700);
    files.chown(runtimeFolder, 0);
    const refuse = (path: string) => {
      if (isClosed(path)) throw failedFileOperation("look at", path, error);
    };
    const on = {
      ...files,
      facts: (path: string) => (refuse(path), files.facts(path)),
      read: (path: string) => (refuse(path), files.read(path)),
      list: (path: string) => (refuse(path), files.list(path)),
      lock: (path: string) => (refuse(path), files.lock(path)),
      makeFolder: (path: string, mode: number) => (refuse(path), files.makeFolder(path, mode)),
    };
    const options = {
      env: {
        HOME: "/home/ann",
        XDG_RUNTIME_DIR: runtimeFolder,
        ATHM_PASSPHRASE: words,
        ATHM_BACKUP_PASSPHRASE_FILE: "/run/backup",
      },
      system: { children: helpers().children },
      on,
    };
    files.put("/run/backup", words);
    files.makeFolder("/backups", 0o755);
    const run = async (line: string, code = 0) => {
      const said = await athm(line, files, options);
      assert.equal(said.code, code, `${line}: ${said.err}`);
      assert.doesNotMatch(said.err, /permission denied|allow-all|cannot look/, line);
      return said;
    };
    const { ATHM_PASSPHRASE: _, ...bare } = options.env;
    const first = await athm("aws add a --ambient --no-login", files, { ...options, env: bare });
    assert.equal(first.code, 0, first.err);
    assert.match((await run("store status")).out, /custody +file/);
    await run("store custody passphrase");
    assert.match(files.text(`${home}/audit.log`) ?? "", /"custody"/);
    assert.match((await run("store status")).out, /unlocked +no/);
    await run("aws ls");
    assert.match((await run("store unlock", 1)).err, /cannot keep the key in memory/);
    assert.match((await run("store lock")).err, /not unlocked/);
    await run("store backup /backups/b");
    files.all(home).reverse().forEach(files.remove);
    await run("store restore /backups/b");
    await run("store custody file");
  });
}

Deno.test("lock does not claim that nothing was unlocked if it could not check", async () => {
  using _cheap = cheapPassphrases();
  const files = memoryFiles();
  files.makeFolder(runtimeFolder, 0o700);
  const env = { HOME: "/home/ann", XDG_RUNTIME_DIR: runtimeFolder, ATHM_PASSPHRASE: words };
  assert.equal((await athm("aws add a --ambient --no-login", files, { env })).code, 0);
  const facts = (path: string) => {
    if (path === runtimeFolder) throw new Failure("files", "cannot look at it: I/O error");
    return files.facts(path);
  };
  const said = await athm("store lock", files, { env, on: { ...files, facts } });
  assert.equal(said.code, 1);
  assert.match(said.err, /I\/O error/);
});

Deno.test("a failure after a custody change is a warning: the store has the new one", async () => {
  using _cheap = cheapPassphrases();
  const files = memoryFiles();
  files.makeFolder(runtimeFolder, 0o700);
  const options = {
    env: { HOME: "/home/ann", XDG_RUNTIME_DIR: runtimeFolder, ATHM_PASSPHRASE: words },
    system: { children: helpers().children },
  };
  assert.equal((await athm("aws add a --ambient --no-login", files, options)).code, 0);
  assert.equal((await athm("store unlock", files, options)).code, 0);
  const lock = (path: string) => {
    if (path.startsWith(runtimeFolder)) throw new Failure("files", "the disk is on fire");
    return files.lock(path);
  };
  const on = { ...files, lock };
  const said = await athm("store custody file", files, { ...options, on });
  assert.equal(said.code, 0, said.err);
  assert.match(
    said.err,
    /^athm: warning: .*previous place: the disk is on fire\nathm: hint: .*custody file/,
  );
  assert.match(said.err, /is now: file/);
  assert.match(files.text(`${home}/audit.log`) ?? "", /"custody"/);
  assert.match((await athm("store custody file", files, options)).err, /already file/);
  assert.deepEqual(
    files.list(`${runtimeFolder}/athm`).filter((name) => !name.endsWith("lock")),
    [],
  );
});
