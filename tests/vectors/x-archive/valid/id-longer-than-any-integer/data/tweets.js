window.YTD.tweets.part0 = [
  {
    "tweet" : {
      "id" : "98765432109876543210987654321", "id_str" : "98765432109876543210987654321",
      "created_at" : "Sun Oct 07 07:39:51 +0000 2012",
      "full_text" : "A long number."
    }
  }
]
