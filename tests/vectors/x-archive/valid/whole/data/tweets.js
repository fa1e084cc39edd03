window.YTD.tweets.part0 = [
  {
    "tweet" : {
      "id" : "9007199254740993", "id_str" : "9007199254740993",
      "created_at" : "Sun Oct 07 07:39:51 +0000 2012",
      "full_text" : "The ferry is late."
    }
  },
  {
    "tweet" : {
      "id" : "9007199254740994", "id_str" : "9007199254740994",
      "created_at" : "Sun Oct 07 07:39:51 +0000 2012",
      "full_text" : "Home by seven."
    }
  }
]
