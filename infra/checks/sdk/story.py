"""A subscription from its customer to its second invoice, through the client that openapi-python-client generates."""

import sys
import time
from datetime import datetime, timedelta, timezone

from rocket_savvy_api_client import AuthenticatedClient
from rocket_savvy_api_client import models as m
from rocket_savvy_api_client.api.billing import create_plan, create_subscription, list_invoices
from rocket_savvy_api_client.api.crm import create_customer, list_customers
from rocket_savvy_api_client.api.payments import create_payment_method
from rocket_savvy_api_client.api.platform import advance_test_clock

url, key = sys.argv[1:]
client = AuthenticatedClient(base_url=url, token=key)

customer = create_customer.sync(client=client, body=m.NewCustomer(email="python@example.com"))
assert isinstance(customer, m.Customer), customer
found = list_customers.sync(client=client, email="Python@Example.com")
assert isinstance(found, m.ListCustomer) and [one.id for one in found.data] == [customer.id], found

new_plan = m.NewPlan(
    id="plan_python", name="Enterprise Pro", currency="USD", amount=9999, interval=m.NewPlanInterval.MONTH
)
plan = create_plan.sync(client=client, body=new_plan)
assert isinstance(plan, m.Plan), plan
card = m.NewCard(number="4242424242424242", exp_month=12, exp_year=2040, cvc="123")
new_method = m.NewPaymentMethod(customer_id=customer.id, type_=m.NewPaymentMethodType.CARD, card=card)
method = create_payment_method.sync(client=client, body=new_method)
assert isinstance(method, m.PaymentMethod), method
new_subscription = m.NewSubscription(customer_id=customer.id, plan_id=plan.id, trial_period_days=14)
subscription = create_subscription.sync(client=client, body=new_subscription)
assert isinstance(subscription, m.Subscription), subscription

clock = advance_test_clock.sync(client=client, body=m.Advance(to=datetime.now(timezone.utc) + timedelta(days=60)))
assert isinstance(clock, m.TestClock), clock
for _ in range(120):
    page = list_invoices.sync(client=client, customer_id=customer.id)
    assert isinstance(page, m.ListInvoice), page
    if len(page.data) == 2:
        break
    time.sleep(0.25)
assert isinstance(page, m.ListInvoice), page
assert [(invoice.total, invoice.status) for invoice in page.data] == [(9999, "paid")] * 2, page
refused = create_customer.sync(client=client, body=m.NewCustomer())
assert isinstance(refused, m.ProblemDetails) and refused.errors, refused
assert refused.errors[0].pointer == "/email", refused
