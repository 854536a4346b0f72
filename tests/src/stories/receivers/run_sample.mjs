// Runs the TypeScript sample over cases that come as JSON, and prints a verdict for each.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { verify } = await import(pathToFileURL(process.argv[2]).href);
const cases = JSON.parse(readFileSync(0, "utf8"));
const verdicts = cases.map(({ headers, body, secret, now }) => verify(headers, Buffer.from(body), secret, now));
console.log(JSON.stringify(verdicts));
