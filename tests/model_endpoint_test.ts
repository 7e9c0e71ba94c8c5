import assert from "node:assert/strict";
import { parseEndpointUrl, regionInHost, stsEndpoint } from "../src/model/endpoint.ts";
import {
  fipsStsHosts,
  knownRegions,
  partitions,
  regionPartition,
} from "../src/model/partitions.ts";
import type { NetworkSettings } from "../src/model/profile.ts";
import { refuses } from "./support/refuses.ts";

type Case = [
  settings: NetworkSettings,
  environment: string | undefined,
  hint: string | undefined,
  url: string,
  region: string,
];
const local = "http://127.0.0.1:4566";
const chosen: Case[] = [
  [{}, undefined, undefined, "https://sts.us-east-1.amazonaws.com", "us-east-1"],
  [{}, "eu-west-1", undefined, "https://sts.eu-west-1.amazonaws.com", "eu-west-1"],
  [{ region: "sa-east-1" }, "eu-west-1", "aws", "https://sts.sa-east-1.amazonaws.com", "sa-east-1"],
  [{}, "", "aws-cn", "https://sts.cn-north-1.amazonaws.com.cn", "cn-north-1"],
  [{}, undefined, "aws-us-gov", "https://sts.us-gov-west-1.amazonaws.com", "us-gov-west-1"],
  [{}, undefined, "aws-eusc", "https://sts.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1"],
  [
    { region: "us-iso-west-1" },
    "",
    "aws-iso",
    "https://sts.us-iso-west-1.c2s.ic.gov",
    "us-iso-west-1",
  ],
  // A region that nobody has heard of yet.
  [
    { region: "eu-polar-7" },
    undefined,
    "aws",
    "https://sts.eu-polar-7.amazonaws.com",
    "eu-polar-7",
  ],
  [{ fips: true }, undefined, "aws", "https://sts-fips.us-east-1.amazonaws.com", "us-east-1"],
  [{ fips: true }, "us-west-2", "aws", "https://sts-fips.us-west-2.amazonaws.com", "us-west-2"],
  [
    { fips: true },
    "us-gov-east-1",
    undefined,
    "https://sts.us-gov-east-1.amazonaws.com",
    "us-gov-east-1",
  ],
  [{ dualstack: true }, "eu-west-1", undefined, "https://sts.eu-west-1.api.aws", "eu-west-1"],
  [
    { dualstack: true },
    "cn-north-1",
    undefined,
    "https://sts.cn-north-1.api.amazonwebservices.com.cn",
    "cn-north-1",
  ],
  [
    { dualstack: true, fips: true },
    "us-east-2",
    "aws",
    "https://sts-fips.us-east-2.api.aws",
    "us-east-2",
  ],
  // The host's region comes first, whatever else is said.
  [
    { endpointUrl: "https://sts-fips.us-west-2.amazonaws.com/", region: "eu-west-1" },
    "eu-west-2",
    "aws",
    "https://sts-fips.us-west-2.amazonaws.com",
    "us-west-2",
  ],
  [
    { endpointUrl: "https://sts.amazonaws.com", region: "eu-west-1" },
    undefined,
    "aws",
    "https://sts.amazonaws.com",
    "us-east-1",
  ],
  [
    { endpointUrl: "https://vpce-0a1-b2.sts.eu-west-3.vpce.amazonaws.com" },
    "us-east-1",
    "aws",
    "https://vpce-0a1-b2.sts.eu-west-3.vpce.amazonaws.com",
    "eu-west-3",
  ],
  [{ endpointUrl: local, region: "eu-west-1" }, "eu-west-2", "aws", local, "eu-west-1"],
  [{ endpointUrl: `${local}/` }, "eu-west-2", "aws", local, "eu-west-2"],
  [{ endpointUrl: `${local}/sts/` }, undefined, "aws-us-gov", `${local}/sts`, "us-gov-west-1"],
  [{ endpointUrl: "http://[::1]:80/" }, undefined, undefined, "http://[::1]", "us-east-1"],
  [{ endpointUrl: "http://LOCALHOST:1" }, undefined, undefined, "http://localhost:1", "us-east-1"],
];
for (const [settings, environment, hint, url, signingRegion] of chosen) {
  Deno.test(`stsEndpoint(${JSON.stringify(settings)}, ${environment}, ${hint}) is ${url}`, () => {
    assert.deepEqual(stsEndpoint(settings, environment, hint), { url, signingRegion });
  });
}

const refused: [settings: NetworkSettings, environment: string | undefined, says: RegExp][] = [
  [{ region: "us-esat-1" }, undefined, /--region: "us-esat-1" .*did you mean "us-east-1"/],
  [{ region: "US-EAST-1" }, undefined, /did you mean "us-east-1"/],
  [{}, "eu-wets-1", /AWS_REGION: "eu-wets-1" .*did you mean "eu-west-1"/],
  [{ region: "evil.example/us-east-1" }, undefined, /not an AWS region/],
  [{ region: "us-east-1", fips: true, endpointUrl: local }, undefined, /--endpoint-url and --fips/],
  [{ dualstack: true, endpointUrl: local }, undefined, /--endpoint-url and --dualstack/],
  [{ fips: true }, "eu-west-1", /no FIPS endpoint in eu-west-1/],
  [{ fips: true, dualstack: true }, "eu-west-1", /no FIPS endpoint/],
  [{ fips: true, region: "cn-north-1" }, undefined, /no FIPS endpoint/],
  [
    { endpointUrl: "http://sts.us-east-1.amazonaws.com" },
    undefined,
    /http is allowed to this machine/,
  ],
  [{ endpointUrl: "http://127.0.0.1.example.com" }, undefined, /http is allowed to this machine/],
  [{ endpointUrl: "http://169.254.169.254" }, undefined, /http is allowed to this machine/],
  [{ endpointUrl: "https://sts.example.com?x" }, undefined, /query or fragment/],
  [{ endpointUrl: "https://sts.example.com?" }, undefined, /query or fragment/],
  [{ endpointUrl: "https://sts.example.com#x" }, undefined, /query or fragment/],
  [{ endpointUrl: "ftp://sts.example.com" }, undefined, /not an http or https address/],
  [{ endpointUrl: "sts.example.com" }, undefined, /not an http or https address/],
  [{ endpointUrl: "https://sts .example.com" }, undefined, /not an http or https address/],
  [{ endpointUrl: "https://" }, undefined, /not an http or https address/],
  [{ endpointUrl: "" }, undefined, /not an http or https address/],
  [{ endpointUrl: local, region: "nowhere" }, undefined, /not an AWS region/],
];
for (const [settings, environment, says] of refused) {
  Deno.test(`stsEndpoint(${JSON.stringify(settings)}, ${environment}) is refused`, () => {
    refuses(() => stsEndpoint(settings, environment), says);
  });
}

Deno.test("stsEndpoint names the regions that have FIPS", () => {
  const { hint } = refuses(
    () => stsEndpoint({ fips: true, region: "eu-west-1" }, undefined),
    /FIPS/,
  );
  for (const region of fipsStsHosts.keys()) assert.ok(hint?.includes(region));
});

Deno.test("stsEndpoint refuses a --region of another partition than the role's", () => {
  const { hint } = refuses(
    () => stsEndpoint({ region: "us-east-1" }, undefined, "aws-us-gov"),
    /partition aws-us-gov, and --region us-east-1 is in aws/,
  );
  assert.match(hint ?? "", /--region us-gov-west-1/);
});

Deno.test("stsEndpoint passes over a region of the environment in another partition", () => {
  assert.deepEqual(stsEndpoint({}, "us-east-1", "aws-us-gov"), {
    url: "https://sts.us-gov-west-1.amazonaws.com",
    signingRegion: "us-gov-west-1",
  });
  refuses(() => stsEndpoint({}, "nonsense", "aws-us-gov"), /nonsense/);
});

Deno.test("parseEndpointUrl does not repeat a password", () => {
  for (
    const url of ["https://me:hunter2@example.com", "https://me@example.com", "https://@x.com"]
  ) {
    const { message } = refuses(() => parseEndpointUrl(url), /user name or password/);
    assert.ok(!message.includes("hunter2") && !message.includes("me@"));
  }
});

Deno.test("regionInHost reads the label after sts alone", () => {
  assert.equal(regionInHost("us-east-1.example.com"), undefined);
  assert.equal(regionInHost("sts.example.com"), undefined);
  assert.equal(regionInHost("sts.us-gov-west-1.api.aws"), "us-gov-west-1");
  assert.equal(regionInHost("sts.us-isob-east-1.sc2s.sgov.gov"), "us-isob-east-1");
});

Deno.test("every known region belongs to its partition by name, and to no other", () => {
  for (const partition of partitions) {
    for (const region of [...partition.regions, partition.defaultRegion]) {
      assert.equal(regionPartition(region), partition);
      const others = partitions.filter(({ pattern }) => pattern.test(region));
      assert.deepEqual(others, [partition]);
    }
  }
  assert.equal(new Set(knownRegions).size, knownRegions.length);
});
