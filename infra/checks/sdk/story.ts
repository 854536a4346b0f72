// A subscription from its customer to its second invoice, through the client that @hey-api/openapi-ts generates.

import { client } from "./client/client.gen";
import {
  advanceTestClock,
  createCustomer,
  createPaymentMethod,
  createPlan,
  createSubscription,
  listCustomers,
  listInvoices,
} from "./client";

declare const process: { argv: string[] };
declare function setTimeout(done: () => void, milliseconds: number): void;

function check(holds: boolean, what: unknown): asserts holds {
  if (!holds) throw new Error(JSON.stringify(what));
}

async function story(url: string, key: string): Promise<void> {
  client.setConfig({ baseUrl: url, auth: key });
  const options = { throwOnError: true } as const;
  const customer = (await createCustomer({ ...options, body: { email: "typescript@example.com" } })).data;
  const found = (await listCustomers({ ...options, query: { email: "TypeScript@example.com" } })).data;
  check(found.data.length === 1 && found.data[0]?.id === customer.id, found);
  const plan = (
    await createPlan({
      ...options,
      body: { id: "plan_typescript", name: "Enterprise Pro", currency: "USD", amount: 9999, interval: "month" },
    })
  ).data;
  const card = { number: "4242424242424242", exp_month: 12, exp_year: 2040, cvc: "123" };
  await createPaymentMethod({ ...options, body: { customer_id: customer.id, type: "card", card } });
  const body = { customer_id: customer.id, plan_id: plan.id, trial_period_days: 14 };
  await createSubscription({ ...options, body });
  const to = new Date(Date.now() + 120 * 86_400_000).toISOString();
  await advanceTestClock({ ...options, body: { to } });
  for (let tries = 0; tries < 120; tries += 1) {
    const invoices = (await listInvoices({ ...options, query: { customer_id: customer.id } })).data.data;
    if (invoices.length >= 2) {
      check(invoices.every((invoice) => invoice.total === 9999 && invoice.status === "paid"), invoices);
      const refused = await createCustomer({ body: {} });
      check(refused.error?.code === "invalid_request", refused.error);
      return;
    }
    await new Promise<void>((done) => setTimeout(done, 250));
  }
  throw new Error("two invoices did not come");
}

await story(process.argv[2] ?? "", process.argv[3] ?? "");
