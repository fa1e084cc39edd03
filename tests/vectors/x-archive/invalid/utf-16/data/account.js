window.YTD.account.part0 = [
  { "account" : { "accountId" : "42", "username" : "ada", "accountDisplayName" : "Ada" } }
]
