export {
  type GraphqlContext,
  type GraphqlResult,
  type GraphqlServerOptions,
  type SurviveGraphqlOptions,
  survive,
} from '@tshorn/graphql-ws';
