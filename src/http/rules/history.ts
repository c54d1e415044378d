// What alerts became, and whether receivers can be told of them.
import { parameter } from '../parameters/parameters.ts';
import { answering, type Gateway, type Route } from '../server/api.ts';

export const ruleHistoryRoutes = ({ rules }: Gateway): readonly Route[] => [
  {
    path: '/api/rules/history',
    methods: { GET: 'query' },
    tenant: true,
    severalTenants: false,
    handle: answering(({ tenant, parameters }) => rules.history(tenant, parameters)),
  },
  {
    path: '/api/rules/notify-test',
    methods: { POST: 'admin' },
    tenant: true,
    severalTenants: false,
    handle: answering(({ tenant, parameters }) =>
      rules.notifyTest(tenant, parameter(parameters, 'receiver') || undefined),
    ),
  },
];
