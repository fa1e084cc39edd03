window.__THAR_CONFIG = {
  "userInfo" : { "accountId" : "42", "userName" : "ada" },
  "dataTypes" : {
    "account" : { "files" : [ { "fileName" : "data/account.js", "count" : "1" } ] },
    "tweets" : { "files" : [ { "fileName" : "data/tweets.js", "count" : "2" } ] },
    "like" : { "files" : [ { "fileName" : "data/like.js", "count" : "1" } ] }
  }
}
