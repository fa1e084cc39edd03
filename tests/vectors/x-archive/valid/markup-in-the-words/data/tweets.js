window.YTD.tweets.part0 = [
  {
    "tweet" : {
      "id" : "9007199254740993", "id_str" : "9007199254740993",
      "created_at" : "Sun Oct 07 07:39:51 +0000 2012",
      "full_text" : "&lt;script&gt;alert(1)&lt;/script&gt; =HYPERLINK(\"http://bad.example\") \u001b[2J\u202e"
    }
  }
]
