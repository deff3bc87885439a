/** Commands that are typed once for a service: `tshorn init`, `tshorn import`, `tshorn unit`. */
export {};
