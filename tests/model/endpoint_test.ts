import assert from "node:assert/strict";
import { parseEndpointUrl, regionInHost, stsEndpoint } from "../../src/model/endpoint.ts";
import {
  fipsStsHosts,
  knownRegions,
  partitions,
  regionPartition,
} from "../../src/model/partitions.ts";
import type { NetworkSettings } from "../../src/model/profile.ts";
import { refuses } from "../support/refuses.ts";

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
  // An unknown region of the right form.
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
  // The region in the host name overrides everything else.
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
  [
    { region: "us-east-1", fips: true, endpointUrl: local },
    undefined,
    /--endpoint-url cannot be combined with --fips/,
  ],
  [
    { dualstack: true, endpointUrl: local },
    undefined,
    /--endpoint-url cannot be combined with --dualstack/,
  ],
  [{ fips: true }, "eu-west-1", /no FIPS endpoint in eu-west-1/],
  [{ fips: true, dualstack: true }, "eu-west-1", /no FIPS endpoint/],
  [{ fips: true, region: "cn-north-1" }, undefined, /no FIPS endpoint/],
  [
    { endpointUrl: "http://sts.us-east-1.amazonaws.com" },
    undefined,
    /plain http is only allowed for loopback/,
  ],
  [
    { endpointUrl: "http://127.0.0.1.example.com" },
    undefined,
    /plain http is only allowed for loopback/,
  ],
  [{ endpointUrl: "http://169.254.169.254" }, undefined, /plain http is only allowed for loopback/],
  [{ endpointUrl: "https://sts.example.com?x" }, undefined, /query or fragment/],
  [{ endpointUrl: "https://sts.example.com?" }, undefined, /query or fragment/],
  [{ endpointUrl: "https://sts.example.com#x" }, undefined, /query or fragment/],
  [{ endpointUrl: "ftp://sts.example.com" }, undefined, /not an http or https URL/],
  [{ endpointUrl: "sts.example.com" }, undefined, /not an http or https URL/],
  [{ endpointUrl: "https://sts .example.com" }, undefined, /not an http or https URL/],
  [{ endpointUrl: "https://" }, undefined, /not an http or https URL/],
  [{ endpointUrl: "" }, undefined, /not an http or https URL/],
  [{ endpointUrl: local, region: "nowhere" }, undefined, /not an AWS region/],
];
for (const [settings, environment, says] of refused) {
  Deno.test(`stsEndpoint(${JSON.stringify(settings)}, ${environment}) fails`, () => {
    refuses(() => stsEndpoint(settings, environment), says);
  });
}

Deno.test("stsEndpoint lists the regions with a FIPS endpoint", () => {
  const { hint } = refuses(
    () => stsEndpoint({ fips: true, region: "eu-west-1" }, undefined),
    /FIPS/,
  );
  for (const region of fipsStsHosts.keys()) assert.ok(hint?.includes(region));
});

Deno.test("stsEndpoint rejects a --region outside the role's partition", () => {
  const { hint } = refuses(
    () => stsEndpoint({ region: "us-east-1" }, undefined, "aws-us-gov"),
    /partition aws-us-gov, but --region us-east-1 is in aws/,
  );
  assert.match(hint ?? "", /--region us-gov-west-1/);
});

Deno.test("stsEndpoint ignores an environment region outside the role's partition", () => {
  assert.deepEqual(stsEndpoint({}, "us-east-1", "aws-us-gov"), {
    url: "https://sts.us-gov-west-1.amazonaws.com",
    signingRegion: "us-gov-west-1",
  });
  refuses(() => stsEndpoint({}, "nonsense", "aws-us-gov"), /nonsense/);
});

Deno.test("parseEndpointUrl does not quote a password", () => {
  for (
    const url of ["https://me:hunter2@example.com", "https://me@example.com", "https://@x.com"]
  ) {
    const { message } = refuses(() => parseEndpointUrl(url), /user name or password/);
    assert.ok(!message.includes("hunter2") && !message.includes("me@"));
  }
});

Deno.test("regionInHost reads only the label after sts", () => {
  assert.equal(regionInHost("us-east-1.example.com"), undefined);
  assert.equal(regionInHost("sts.example.com"), undefined);
  assert.equal(regionInHost("sts.us-gov-west-1.api.aws"), "us-gov-west-1");
  assert.equal(regionInHost("sts.us-isob-east-1.sc2s.sgov.gov"), "us-isob-east-1");
});

Deno.test("every known region matches its own partition and no other", () => {
  for (const partition of partitions) {
    for (const region of [...partition.regions, partition.defaultRegion]) {
      assert.equal(regionPartition(region), partition);
      const others = partitions.filter(({ pattern }) => pattern.test(region));
      assert.deepEqual(others, [partition]);
    }
  }
  assert.equal(new Set(knownRegions).size, knownRegions.length);
});
