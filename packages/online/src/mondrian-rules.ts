/** Which published behaviour a tree follows: that of River 0.25 and later, or that of River 0.19 to 0.23. */
export type MondrianRules = '0.25' | '0.21'
