export {
  type GraphqlContext,
  type GraphqlServerOptions,
  type SurviveGraphqlOptions,
  survive,
} from '@tshorn/worker/graphql-ws';
