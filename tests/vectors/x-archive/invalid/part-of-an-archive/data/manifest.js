window.__THAR_CONFIG = {
  "userInfo" : { "accountId" : "42", "userName" : "ada" },
  "archiveInfo" : { "isPartialArchive" : true },
  "dataTypes" : {
    "account" : { "files" : [ { "fileName" : "data/account.js", "count" : "1" } ] },
    "tweets" : { "files" : [ { "fileName" : "data/tweets.js", "count" : "1" } ] },
    "like" : { "files" : [ { "fileName" : "data/like.js", "count" : "1" } ] }
  }
}
