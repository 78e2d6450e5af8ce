/// The passwords that attackers try first, in lower case.
///
/// All have eight characters or more, because shorter ones are rejected for their length. The choice follows the lists
/// of the most frequent passwords that are published every year after breaches.
enum CommonPasswords {
    static let all = Set(
        """
        00000000 11111111 1111111111 11223344 112233445566 12121212 12341234 12344321 12345678 123456789 1234567890
        1234567891 12345678910 123456abc 1234abcd 1234qwer 123123123 12413121 123qweasd 147258369 147852369 159753456
        1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx 1qazxsw2 20102010 22222222 25802580 31415926 55555555 66666666 77777777
        789456123 87654321 88888888 963852741 987654321 9876543210 99999999 a1234567 a12345678 a123456789 aa123456
        aaaaaaaa abc12345 abcd1234 abcdefgh abcdefghi admin123 admin1234 administrator alexander asdasdasd asdf1234 asdfasdf
        asdfghjk asdfghjkl asdfghjkl; azertyuiop babygirl baseball basketball blink182 changeme changeme1 changeme123
        charlie1 chocolate christian computer courtney default1 dragon123 elizabeth facebook football football1 freedom1
        google123 guest123 hello123 helloworld iloveyou iloveyou1 iloveyou2 internet jennifer jonathan letmein1 letmein123
        liverpool loveyou1 manchester master123 michael1 michelle midnight minecraft monkey123 mustang1 nicholas p@55w0rd
        p@ssw0rd p@ssword pa$$word pa55word pass1234 passw0rd password password! password0 password01 password1 password12
        password123 password1234 password2 password@123 pokemon1 princess princess1 q1w2e3r4 q1w2e3r4t5 qazwsxedc
        qwer1234 qwert123 qwert12345 qwerty12 qwerty123 qwerty1234 qwerty12345 qwertyui qwertyuiop samantha samsung1
        sayonara scorpion secret123 shadow123 starwars sunshine sunshine1 superman superman1 swordfish test1234 testtest
        thomas123 trustno1 user1234 victoria welcome1 welcome123 whatever william1 xxxxxxxx zaq12wsx zaq1zaq1 zxcvbnm1
        zxcvbnm123
        """
        .split { $0 == " " || $0 == "\n" }.map(String.init))
}
