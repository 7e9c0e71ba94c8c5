// A browser sign-in without a stored profile leaves nothing on the disk.

import assert from "node:assert/strict";
import { run } from "../../src/program.ts";
import { signingPair } from "../support/saml/keys.ts";
import { Played, post, saml, withPage } from "../support/saml/played_browser.ts";
import { samlResponse } from "../support/saml/response.ts";
import { sessionTest } from "../support/session_world.ts";

const pair = await signingPair();
const arn = "arn:aws:iam::123456789012";
const browsers = "/home/ann/.local/share/athm/browser";
const signIn = ["--saml-url", "https://idp.example.com/aws", "--saml-via", "browser"];

sessionTest("SAML in the browser leaves nothing if nothing is kept", async (world) => {
  const { system } = await world.machine();
  world.aws.addSamlProvider({
    arn: `${arn}:saml-provider/idp`,
    issuer: "urn:example:idp",
    certificate: pair.cert,
  });
  world.aws.addRole({ arn: `${arn}:role/dev` });
  let profiles = 0;
  let roles = [`${arn}:role/dev,${arn}:saml-provider/idp`];
  const response = () => samlResponse(pair, { now: system.now(), roles });
  const posted = () => new URLSearchParams({ SAMLResponse: response() }).toString();
  Object.assign(system, {
    terminal: { ...system.terminal, canAsk: true },
    children: {
      ...system.children,
      help: () => Promise.resolve({ code: 0, stdout: "/opt/chrome\n" }),
    },
    devtools: {
      start: (spec: ConstructorParameters<typeof Played>[0]) => {
        profiles++;
        system.files.put(`${spec.profile}/Cookies`, "who is signed in");
        return Promise.resolve(
          new Played(spec, withPage((browser) => browser.event(...post("R1", saml, posted())))),
        );
      },
    },
  });
  system.variables.set("DISPLAY", ":0");

  for (const line of [["exec", "--rotate"], ["export"], ["process"]]) {
    assert.equal(await run(["aws", ...line, ...signIn], system), 0, system.captured.said.join());
    assert.equal(system.files.facts(browsers), undefined, line.join());
  }
  roles = [];
  for (const line of [["add", "work"], ["exec"], ["whoami"]]) {
    assert.notEqual(await run(["aws", ...line, ...signIn], system), 0);
    assert.match(system.captured.said.join(), /contains no AWS role/);
    assert.equal(system.files.facts(browsers), undefined, line.join());
  }
  assert.equal(profiles, 6);

  // After an interruption, `rm --all` cleans up even without profiles.
  system.files.put(`${browsers}/0123/profile/Cookies`, "who is signed in");
  assert.equal(await run(["aws", "rm", "--all", "--yes"], system), 0);
  assert.equal(system.files.facts(browsers), undefined);
});
