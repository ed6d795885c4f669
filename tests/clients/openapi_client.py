"""The vendor's Python OpenAPI client, `connect-openapi-client` on PyPI, on the sandbox: it handles all that waits.

Run by `run.sh`, with the configuration of a running sandbox: `python openapi_client.py config.json`.
"""

import json
import sys

from connect.client import ClientError, ConnectClient, R

TEMPLATE = 'TL-497-535-242'
CONFIG = json.load(open(sys.argv[1]))
PRODUCTS = CONFIG['products']
client = ConnectClient(CONFIG['apiKey'], endpoint=CONFIG['apiEndpoint'], use_specs=False)


def handle(what, collection, waiting, decide):
    """Decides on everything that waits, and looks whether anything is left."""
    objects = list(collection.filter(waiting).limit(10))
    for value in objects:
        decide(value, collection[value['id']])
    left = collection.filter(waiting).count()
    print('%s: %d handled, %d left' % (what, len(objects), left))
    if left or not objects:
        sys.exit(what + ' are left')


def order(value, resource):
    if value['type'] == 'change':
        resource('fail').post({'reason': 'Changes are not supported'})
        return
    params = {param['id']: param for param in value['asset']['params']}
    if 'email' in params and not params['email']['value']:
        error = {'id': 'email', 'value_error': 'Please give an address'}
        resource.update({'asset': {'params': [error]}})
        resource('inquire').post({})
    else:
        resource('approve').post({'template_id': TEMPLATE})
    talk = client.conversations.filter(instance_id=value['id'], status='open').first()
    if talk:
        client.conversations[talk['id']].messages.create({'text': 'Handled'})


def tier_config(value, resource):
    missing = [param['id'] for param in value['params'] if param['id'] == 'reseller_no' and not param['value']]
    if missing:
        resource.update({'params': [{'id': id, 'value_error': 'Please give a number'} for id in missing]})
        resource('inquire').post()
    else:
        resource('approve').post({'template': {'id': TEMPLATE}})


orders = client.collection('requests')
handle('orders', orders, R().status.eq('pending') & R().asset.product.id.in_(PRODUCTS), order)
handle('tier configs', client('tier').collection('config-requests'),
       R().status.eq('pending') & R().configuration.product.id.in_(PRODUCTS), tier_config)

files = client('usage').collection('files')
listed = R().status.eq('listed') & R().product.id.in_(PRODUCTS)
listings = list(client.listings.filter(listed))
for listing in listings:
    made = files.create({
        'name': 'Usage of ' + listing['id'], 'description': '',
        'product': {'id': listing['product']['id']}, 'contract': {'id': listing['contract']['id']}})
    assert files[made['id']].get()['status'] == 'draft', made
print('listings: %d drafts made' % len(listings))
handle('usage files', files, R().status.eq('ready') & R().product.id.in_(PRODUCTS),
       lambda value, resource: resource('submit').post())

try:
    orders['PR-0000-0000-0000-001'].get()
    sys.exit('an unknown order was found')
except ClientError as error:
    assert error.status_code == 404, error
