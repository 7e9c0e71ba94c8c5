// The security properties of the workflows. They are parsed as YAML here;
// tests/interop/release_test.ts also runs actionlint.

import assert from "node:assert/strict";
import { parse } from "yaml";
import { targets } from "../../scripts/release/targets.ts";

interface Step {
  readonly shell?: string;
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  /** Another workflow, called in place of steps. */
  readonly uses?: string;
  readonly needs?: string | readonly string[];
  readonly strategy?: { readonly matrix: { readonly include?: readonly { target: string }[] } };
  readonly permissions?: Readonly<Record<string, string>>;
  readonly "timeout-minutes"?: number;
  readonly steps?: readonly Step[];
}

interface Workflow {
  readonly name: string;
  readonly on: unknown;
  readonly permissions?: unknown;
  readonly jobs: Readonly<Record<string, Job>>;
}

const root = new URL("../../", import.meta.url);
const read = (path: string) => Deno.readTextFileSync(new URL(path, root));
const folder = ".github/workflows/";
const names = Array.from(Deno.readDirSync(new URL(folder, root)), ({ name }) => name).toSorted();
const { tasks } = JSON.parse(read("deno.json"));

/** The write permissions of each job, and why. */
const mayMore: Readonly<Record<string, readonly string[]>> = {
  "release.yml publish": ["attestations", "contents", "id-token"],
};

Deno.test("workflows: test, release and newest exist", () => {
  assert.deepEqual(names, ["newest.yml", "release.yml", "test.yml"]);
});

for (const name of names) {
  const text = read(folder + name);
  const workflow: Workflow = parse(text);
  const jobs = Object.entries(workflow.jobs);
  const steps = jobs.flatMap(([, job]) => job.steps ?? []);

  Deno.test(`workflows: ${name} pins each action to a commit with its version`, () => {
    const lines = text.split("\n").filter((line) => /\buses: (?!\.\/)/.test(line));
    assert.equal(lines.length, steps.filter(({ uses }) => uses && !uses.startsWith("./")).length);
    for (const line of lines) {
      assert.match(line, /uses: [\w.-]+\/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/, line);
    }
  });

  Deno.test(`workflows: ${name} gives each job only the permissions it needs`, () => {
    assert.deepEqual(workflow.permissions, {});
    for (const [job, { permissions = {}, "timeout-minutes": minutes, uses }] of jobs) {
      const more = Object.entries(permissions).filter(([, right]) => right !== "read");
      const wanted = mayMore[`${name} ${job}`] ?? [];
      assert.deepEqual(more.map(([what]) => what).toSorted(), wanted, job);
      assert.ok(Object.keys(permissions).length > 0, `${job} has no permissions block`);
      assert.ok(uses || (minutes !== undefined && minutes <= 90), `${job} may run forever`);
    }
  });

  Deno.test(`workflows: ${name} persists no token and has no expression in a script`, () => {
    for (const { uses, run = "", with: settings } of steps) {
      if (uses?.startsWith("actions/checkout@")) {
        assert.equal(settings?.["persist-credentials"], false);
      }
      // Text inserted into a script is run by it: it must be a variable.
      assert.doesNotMatch(run, /\$\{\{/);
    }
    assert.doesNotMatch(text, /pull_request_target|workflow_run/);
    // Apple's secrets, for one step that neither builds nor publishes.
    const secrets = Array.from(text.matchAll(/secrets\.(\w+)/g), ([, secret = ""]) => secret);
    assert.ok(name === "release.yml" || secrets.length === 0, `${secrets}`);
    assert.ok(secrets.every((secret) => secret.startsWith("APPLE_")), `${secrets}`);
  });

  Deno.test(`workflows: ${name} runs tasks that exist, with the pinned Deno`, () => {
    const runs = steps.map(({ run = "" }) => run).join("\n");
    for (const [, task = ""] of runs.matchAll(/deno task (\S+)/g)) assert.ok(task in tasks, task);
    for (const { uses, with: settings } of steps) {
      if (!uses?.startsWith("denoland/setup-deno@")) continue;
      if (name === "newest.yml" && settings?.["deno-version"]) continue;
      assert.deepEqual(settings, { "deno-version-file": ".dvmrc" });
    }
  });
}

Deno.test("workflows: only one job can publish, and it builds nothing", () => {
  const { jobs }: Workflow = parse(read(`${folder}release.yml`));
  const { publish } = jobs;
  assert.ok(publish);
  for (const { uses = "", run = "" } of publish.steps ?? []) {
    assert.doesNotMatch(`${uses} ${run}`, /checkout|setup-deno|deno |npx |npm /);
  }
});

Deno.test("workflows: nothing is published until every target is proven and the tests pass", () => {
  const { jobs }: Workflow = parse(read(`${folder}release.yml`));
  const { publish, prove } = jobs;
  assert.deepEqual(publish?.needs, ["test", "install", "prove", "prove-musl"]);
  assert.equal(jobs.test?.uses, "./.github/workflows/test.yml");
  const proven = prove?.strategy?.matrix.include?.map(({ target }) => target) ?? [];
  const own = targets.filter(({ bringsGlibc }) => !bringsGlibc).map(({ name }) => name);
  assert.deepEqual(proven.toSorted(), own.toSorted());
  const brought = targets.filter(({ bringsGlibc }) => bringsGlibc).map(({ name }) => name);
  const musl = jobs["prove-musl"]?.strategy?.matrix.include?.map(({ target }) => target);
  assert.deepEqual(musl?.toSorted(), brought.toSorted());
  // They test what the last job that can change the files passes on.
  for (const job of ["install", "prove", "prove-musl"]) assert.equal(jobs[job]?.needs, "notarize");
  assert.equal(jobs.notarize?.needs, "make");
});

Deno.test("setup/action.yml: no expression in a script, and every download is checked", () => {
  const { runs }: { runs: { steps: readonly Step[] } } = parse(read("setup/action.yml"));
  for (const { run = "" } of runs.steps) {
    assert.doesNotMatch(run, /\$\{\{/);
    assert.match(run, /install\.sh|Get-FileHash/);
  }
});

Deno.test("workflows: the Windows job skips each test that requires a POSIX shell", () => {
  const [, ignored = ""] = /--ignore=(\S+)/.exec(tasks["test-portable"]) ?? [];
  const posix = new RegExp(
    '#!/bin/sh|Command\\("(/bin/)?sh"|' +
      'support/(athm_home|exec_world|portal_home|install_world|story\\w*|terminal_session)\\.ts"',
  );
  const skipped = ignored.split(",");
  const check = (path: string) => {
    if (skipped.includes(path)) return;
    for (const { name, isDirectory } of Deno.readDirSync(new URL(path, root))) {
      const inner = `${path}/${name}`;
      if (isDirectory) check(inner);
      else if (name.endsWith("_test.ts") && !skipped.includes(inner)) {
        const text = read(inner);
        assert.ok(!posix.test(text) || text.includes("Deno.build.os"), inner);
      }
    }
  };
  check("tests");
});

Deno.test("every file pins the same Deno", () => {
  const pinned = read(".dvmrc").trim();
  for (const file of ["README.md", "CONTRIBUTING.md", ".ci/run"]) {
    const found = Array.from(read(file).matchAll(/deno@(\d[\d.]*\d)/g), ([, version]) => version);
    assert.ok(found.length > 0, file);
    assert.deepEqual(new Set(found), new Set([pinned]), file);
  }
});

Deno.test("renovate.json: its patterns match what they update", () => {
  const { enabledManagers, customManagers } = JSON.parse(read("renovate.json"));
  assert.deepEqual(enabledManagers, ["deno", "github-actions", "custom.regex"]);
  const files = [".dvmrc", "README.md", "CONTRIBUTING.md", ".ci/run", `${folder}test.yml`];
  for (const { managerFilePatterns, matchStrings } of customManagers) {
    for (const pattern of managerFilePatterns) {
      const named = files.filter((file) => new RegExp(pattern.slice(1, -1)).test(file));
      assert.equal(named.length, 1, pattern);
      for (const match of matchStrings) {
        assert.ok(new RegExp(match).exec(read(named[0] ?? ""))?.groups?.currentValue, match);
      }
    }
  }
});
