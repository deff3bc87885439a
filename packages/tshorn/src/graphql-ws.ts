export {
  type GraphqlContext,
  type GraphqlResult,
  type GraphqlServerOptions,
  type SurviveGraphqlOptions,
  survive,
} from '@tshorn/worker/graphql-ws';
