"""The sandbox from another language: seeding, faults and the log of calls, over its control path.

`python control_path.py config.json`, with the configuration that the example `sandbox` prints. It needs Python alone.
"""

import json
import sys
import urllib.error
import urllib.request

CONFIG = json.load(open(sys.argv[1]))
API = CONFIG['apiEndpoint']
CONTROL = API.replace('/public/v1', '/_sandbox')


def ask(method, url, body=None, headers=None):
    """The status of an answer, and its JSON."""
    data = None if body is None else json.dumps(body).encode()
    try:
        answer = urllib.request.urlopen(urllib.request.Request(url, data, headers or {}, method=method))
    except urllib.error.HTTPError as refusal:
        answer = refusal
    text = answer.read()
    return answer.status, json.loads(text) if text else None


def control(method, path, body=None):
    status, value = ask(method, CONTROL + path, body)
    assert status < 300, (method, path, status, value)
    return value


def api(method, path, body=None):
    return ask(method, API + path, body, {'Authorization': CONFIG['apiKey']})


# Seeding: a product of one's own, and two orders of it.
control('POST', '/products', {
    'id': 'PRD-100-200-300', 'ordering_parameters': ['email'], 'fulfillment_parameters': ['tenant_id'],
    'items': ['SEAT'], 'templates': ['TL-100-200-300']})
order = {'type': 'purchase', 'product': 'PRD-100-200-300', 'items': {'SEAT': 5}, 'values': {'email': 'no address'}}
first, second = (control('POST', '/orders', order)['id'] for _ in range(2))

# The program under test asks for an address; the customer answers.
path = '/requests/' + first
api('PUT', path, {'asset': {'params': [{'id': 'email', 'value_error': 'Not an address'}]}})
assert api('POST', path + '/inquire', {})[1]['status'] == 'inquiring'
control('POST', '/acts', {'act': 'answer', 'request': first, 'values': {'email': 'a@example.org'}})
answered = api('GET', path)[1]
assert answered['status'] == 'pending' and answered['asset']['params'][0]['value'] == 'a@example.org', answered

# A fault: the first approval is answered with 503 although it was carried out.
control('DELETE', '/journal')
control('POST', '/faults', {'method': 'POST', 'path': '/requests/*/approve', 'status': 503, 'after_effect': True})
approve = path + '/approve', {'template_id': 'TL-100-200-300'}
assert api('POST', *approve)[0] == 503
assert api('GET', path)[1]['status'] == 'approved'

# Somebody else is faster: the second order has failed when its approval comes.
control('POST', '/acts', {
    'act': 'fail', 'request': second, 'reason': 'The customer has changed his mind',
    'before': {'method': 'POST', 'path': '/requests/*/approve'}})
assert api('POST', '/requests/%s/approve' % second, {'template_id': 'TL-100-200-300'})[0] == 400
assert api('GET', '/requests/' + second)[1]['status'] == 'failed'

# The log of calls, and what they changed.
calls = [(call['method'], call['status'], call['fault']) for call in control('GET', '/journal')]
expected = [('POST', 503, 'status 503 after effect'), ('GET', 200, None), ('POST', 400, None), ('GET', 200, None)]
assert calls == expected, calls
changed = [(effect['id'], effect['to']) for effect in control('GET', '/effects') if effect['from'] != effect['to']]
assert changed == [(first, 'inquiring'), (first, 'approved')], changed

# Raw data, and what there is not.
control('POST', '/store/requests', dict(answered, id='PR-1'))
assert len([value for value in control('GET', '/store/requests') if value['id'] == 'PR-1']) == 1
control('DELETE', '/store/requests/PR-1')
assert ask('GET', CONTROL + '/store/request')[0] == 404
print('seeding, faults, other parties and the log of calls: as expected')
