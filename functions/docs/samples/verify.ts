// Verifies webhooks of Savvy. Node.js, nothing else; from 22.18 on it runs as it stands here.

import { Buffer } from "node:buffer";
import { createHmac, timingSafeEqual } from "node:crypto";

const TOLERANCE_SECONDS = 300;

type Headers = Record<string, string | string[] | undefined>;

/** The bytes behind the prefix; where what stands there is no base64, its characters. */
function keyOf(secret: string): Buffer {
  const text = secret.startsWith("whsec_") ? secret.slice(6) : secret;
  const digits = text.replace(/={1,2}$/, "");
  const isBase64 = /^[A-Za-z0-9+/]+$/.test(digits) && digits.length % 4 !== 1;
  return Buffer.from(text, isBase64 ? "base64" : "utf8");
}

/** Whether Savvy sent this. `headers` by lower-case name; `body` is the bytes that came. */
export function verify(
  headers: Headers,
  body: Uint8Array,
  secret: string,
  now: number = Date.now() / 1000,
): boolean {
  const header = (name: string) => String(headers[name] ?? "");
  const [message, timestamp] = [header("webhook-id"), header("webhook-timestamp")];
  const key = keyOf(secret);
  if (key.length === 0 || message === "" || !/^[0-9]+$/.test(timestamp)) return false;
  if (Math.abs(now - Number(timestamp)) > TOLERANCE_SECONDS) return false;
  const hmac = createHmac("sha256", key);
  const digest = hmac.update(`${message}.${timestamp}.`).update(body).digest("base64");
  const expected = Buffer.from(`v1,${digest}`);
  // More than one while the secret is being changed. The comparison takes as long whatever differs.
  return header("webhook-signature").split(" ").some((signature) => {
    const one = Buffer.from(signature);
    return one.length === expected.length && timingSafeEqual(one, expected);
  });
}
