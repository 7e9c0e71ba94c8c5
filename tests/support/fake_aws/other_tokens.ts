/**
 * The services from which a session gets another credential: EKS, ECR, ECR Public and CodeArtifact.
 *
 * @module
 */

import { AwsError } from "./answers.ts";
import { authenticate } from "./authenticate.ts";
import { checkMay } from "./policies.ts";
import type { Incoming, Operation, Service, World } from "./service.ts";

const secondsIn = (milliseconds: number) => Math.floor(milliseconds / 1000);

function issue({ issued }: World, begin: string): string {
  const password = `${begin}${crypto.getRandomValues(new Uint8Array(60)).toHex()}`;
  issued.passwords.push(password);
  return password;
}

/** A service whose errors and answers are JSON. */
function jsonService(
  service: string,
  operation: (incoming: Incoming) => Operation | undefined,
  answer: (operation: Operation, world: World, who: Who) => unknown,
): Service {
  return {
    service,
    claims: (incoming) => operation(incoming) !== undefined,
    describe: (incoming) => operation(incoming) ?? { action: "", params: {} },
    async handle(incoming, world) {
      const asked = operation(incoming) ?? { action: "", params: {} };
      const { credentials } = world.accounts;
      const { credential, region } = await authenticate(
        incoming,
        service,
        credentials,
        world.now(),
      );
      checkMay(credential.principal, `${service}:${asked.action}`);
      const { account } = credential.principal;
      return Response.json(answer(asked, world, { account, region }), {
        headers: { date: new Date(world.now()).toUTCString() },
      });
    },
    refuse: ({ status, code, message }, { now }) =>
      Response.json({ __type: code, message }, {
        status,
        headers: { "date": new Date(now).toUTCString(), "x-amzn-errortype": code },
      }),
  };
}

interface Who {
  readonly account: string;
  readonly region: string;
}

/** Every cluster exists except `missing`; `young` is not ready, and `outpost` is a local one. */
export const eks = jsonService(
  "eks",
  ({ method, path }) => {
    const [, name] = /^\/clusters\/([\w-]+)$/.exec(path) ?? [];
    return method === "GET" && name ? { action: "DescribeCluster", params: { name } } : undefined;
  },
  ({ params: { name } }, _, { account, region }) => {
    if (name === "missing") {
      throw new AwsError(404, "ResourceNotFoundException", `No cluster found for name: ${name}.`);
    }
    return {
      cluster: {
        name,
        arn: `arn:aws:eks:${region}:${account}:cluster/${name}`,
        endpoint: `https://${name?.toUpperCase()}.gr7.${region}.eks.amazonaws.com`,
        status: name === "young" ? "CREATING" : "ACTIVE",
        certificateAuthority: { data: btoa(`-----BEGIN CERTIFICATE-----\n${name}\n`) },
        ...name === "outpost" && {
          id: "8f5a1e2c-0b2d-4f0e-9c53-3b1c8b6a7d10",
          outpostConfig: { outpostArns: [] },
        },
      },
    };
  },
);

function target(prefix: string) {
  return ({ headers }: Incoming): Operation | undefined => {
    const [begin, action] = (headers.get("x-amz-target") ?? "").split(".");
    return begin === prefix && action ? { action, params: {} } : undefined;
  };
}

function authorization(world: World): unknown {
  return {
    authorizationToken: btoa(`AWS:${issue(world, "eyJ")}`),
    expiresAt: (world.now() + world.issued.life) / 1000,
  };
}

export const ecr = jsonService(
  "ecr",
  target("AmazonEC2ContainerRegistry_V20150921"),
  (_, world) => ({ authorizationData: [authorization(world)] }),
);

export const ecrPublic = jsonService(
  "ecr-public",
  target("SpencerFrontendService"),
  (_, world) => ({ authorizationData: authorization(world) }),
);

export const codeartifact = jsonService(
  "codeartifact",
  ({ method, path, query }) => {
    const params = Object.fromEntries(new URLSearchParams(query));
    if (method === "POST" && path === "/v1/authorization-token") {
      return { action: "GetAuthorizationToken", params };
    }
    if (method === "GET" && path === "/v1/repository/endpoint") {
      return { action: "GetRepositoryEndpoint", params };
    }
  },
  ({ action, params }, world, { account, region }) => {
    const { domain = "", "domain-owner": owner = account, repository, format } = params;
    if (domain === "missing") {
      throw new AwsError(404, "ResourceNotFoundException", "Domain not found.");
    }
    if (action === "GetRepositoryEndpoint") {
      const host = `${domain}-${owner}.d.codeartifact.${region}.amazonaws.com`;
      return { repositoryEndpoint: `https://${host}/${format}/${repository}/` };
    }
    const seconds = Number(params.duration ?? 43_200);
    return {
      authorizationToken: issue(world, "eyJ2ZXIi"),
      expiration: secondsIn(world.now()) + seconds,
    };
  },
);
