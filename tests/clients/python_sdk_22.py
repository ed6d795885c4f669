"""The vendor's Python SDK 22, `connect-sdk` on PyPI, on the sandbox: its four loops handle all that waits.

Run by `run.sh`, with the configuration of a running sandbox: `python python_sdk_22.py config.json`.
"""

import json
import sys
import urllib.request
import warnings

warnings.simplefilter('ignore')  # of its marshmallow

from connect.config import Config
from connect.exceptions import FailRequest, InquireRequest, SubmitUsageFile
from connect.models import (ActivationTemplateResponse, Contract, Param, Product, UsageFile, UsageRecord)
from connect.resources import (FulfillmentAutomation, TierConfigAutomation, UsageAutomation,
                               UsageFileAutomation)

TEMPLATE = 'TL-497-535-242'
CONFIG = json.load(open(sys.argv[1]))
config = Config(file=sys.argv[1])


def control(method, path):
    """Asks the sandbox itself."""
    url = CONFIG['apiEndpoint'].replace('/public/v1', '/_sandbox/') + path
    body = urllib.request.urlopen(urllib.request.Request(url, method=method)).read()
    return json.loads(body) if body else None


def own(objects, product):
    return [value for value in objects if product(value)['id'] in CONFIG['products']]


class Fulfillment(FulfillmentAutomation):
    seen = 0

    def process_request(self, request):
        Fulfillment.seen += 1
        if request.type == 'change':
            raise FailRequest('Changes are not supported')
        email = request.asset.get_param_by_id('email')
        if email and not email.value:
            email.value_error = 'Email address has not been provided, please provide one'
            raise InquireRequest('We need your address', params=[email])
        purchase = request.asset.get_param_by_id('purchase_id')
        if purchase:
            self.update_parameters(request.id, [Param(id='purchase_id', value='P-1')])
        return ActivationTemplateResponse(TEMPLATE)


class TierConfigs(TierConfigAutomation):
    seen = 0

    def process_request(self, request):
        TierConfigs.seen += 1
        missing = [param for param in request.params if param.id == 'reseller_no' and not param.value]
        for param in missing:
            param.value_error = 'Please provide a number'
        if missing:
            raise InquireRequest('We need a number', params=missing)
        return ActivationTemplateResponse(TEMPLATE)


class Usage(UsageAutomation):
    seen = 0

    def process_request(self, request):
        Usage.seen += 1
        file = UsageFile(
            name='Usage of ' + request.id, product=Product(id=request.product.id),
            contract=Contract(id=request.contract.id))
        record = UsageRecord(
            usage_record_id=request.id, item_search_criteria='item.mpn', item_search_value='SKUA', quantity=1,
            start_time_utc='2024-02-01 00:00:00', end_time_utc='2024-02-02 00:00:00',
            asset_search_criteria='parameter.param_b', asset_search_value='tenant2')
        self.submit_usage(file, [record])
        return 'reported'


class UsageFiles(UsageFileAutomation):
    seen = 0

    def process_request(self, request):
        UsageFiles.seen += 1
        raise SubmitUsageFile()


def left(collection, status, product):
    return [value['id'] for value in own(control('GET', 'store/' + collection), product)
            if value['status'] == status]


def expect(what, seen, waited, rest):
    print('%s: %d of %d handled, %d left' % (what, seen, waited, len(rest)))
    if seen != waited or rest or not waited:
        sys.exit('%s: %s' % (what, rest))


QUEUES = [
    ('orders', Fulfillment, 'requests', 'pending', lambda value: value['asset']['product']),
    ('tier configs', TierConfigs, 'tier/config-requests', 'pending',
     lambda value: value['configuration']['product']),
]
for what, loop, collection, status, product in QUEUES:
    waited = len(left(collection, status, product))
    loop(config).process()
    expect(what, loop.seen, waited, left(collection, status, product))

files = 'usage/files', 'ready', lambda value: value['product']
before = len(left(*files))
listings = left('listings', 'listed', lambda value: value['product'])
Usage(config).process()
made = len(left(*files)) - before
expect('listings', Usage.seen, len(listings), [] if made == len(listings) else ['%d files are ready' % made])
waited = len(left(*files))
UsageFiles(config).process()
expect('usage files', UsageFiles.seen, waited, left(*files))
refused = [call for call in control('GET', 'journal') if call['status'] >= 400]
if refused:
    sys.exit('refused: ' + json.dumps([(call['method'], call['path'], call['status']) for call in refused]))
