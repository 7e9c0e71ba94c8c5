/**
 * An organization's own URL of its access portal: a redirect, on a server that is not AWS's.
 *
 * @module
 */

import type { Service } from "./service.ts";

export const vanityPath = "/vanity";

export const vanity: Service = {
  service: "vanity",
  claims: ({ path }) => path === vanityPath,
  describe: ({ method }) => ({ action: "StartUrl", params: { method } }),
  handle({ method }, { sso: { vanity: { location, head } } }) {
    if (method === "HEAD" && !head) return Promise.resolve(new Response(null, { status: 405 }));
    return Promise.resolve(new Response(null, { status: 302, headers: { location } }));
  },
  refuse: ({ status }) => new Response(null, { status }),
};
