// Tells the windows of the shop to look who is signed in.
new BroadcastChannel("hallpass").postMessage("look again");
