# Every request of both documents of Savvi, as printed; what the test puts in their place are the host, the token, addresses and
# user names. The headings name the operation and the status. Three things differ from print: an address with an `&` is quoted,
# which ends the command otherwise; addresses for a browser have a `curl -g` in front, and what a browser does to their spaces.

# wholesale create_wholesale_member 200
curl -g 'http://www.savvi-staging.com/api/v1/create_wholesale_member?authentication_token=AzXimVQyVqgDtRiGd3EH&user[email]=test@example.com&user[password]=pass1234&user[first_name]=testFirst&user[last_name]=TestLast&user[status]=active&user[address_attributes][address1]=123%20fk%20st&user[address_attributes][city]=Salt%20Lake%20City&user[address_attributes][state]=UT&user[address_attributes][zipcode]=84101&user[address_attributes][phone]=8015555555'

# wholesale create_wholesale_member 200
curl --data "authentication_token=AzXimVQyVqgDtRiGd3EH&user[email]=test@example.com&user[password]=pass1234&user[first_name]=testFirst&user[last_name]=TestLast&user[status]=active&user[username]=Testusername&user[date_of_birth]=1970-07-25&user[gender]=Female&user[address_attributes][address1]=123 fk st&user[address_attributes][city]=Salt Lake City&user[address_attributes][state]=UT&user[address_attributes][zipcode]=84101&user[address_attributes][phone]=8015555555" http://www.savvi-staging.com/api/v1/create_wholesale_member

# wholesale create_wholesale_member 200
curl -v -H "Accept: application/json" -H "Content-type: application/json" -X POST -d '{"authentication_token":"AzXimVQyVqgDtRiGd3EH", "user":{"email":"test@example.com", "password":"pass1234", "first_name":"Testfirst", "last_name":"Testlast", "status":"active", "username":"Testusername", "date_of_birth":"1970-07-25", "gender":"Female", "address_attributes":{"address1":"123 e Main Street", "address2":"", "address3":"", "address_type":"billing", "city":"Salt Lake City", "country":"United States", "county":"", "phone":"8015554312", "state":"UT", "zipcode":"84101"} } }' http://www.savvi-staging.com/api/v1/create_wholesale_member

# wholesale create_wholesale_member 200
curl -v -H "Accept: application/json" -H "Content-type: application/json" -X POST -d '{
"authentication_token":"AzXimVQyVqgDtRiGd3EH",
"user":{
"email":"test@example.com",
"password":"pass1234",
"first_name":"Testfirst",
"last_name":"Testlast",
"status":"active",
"username":"Testusername",
"date_of_birth":"1970-07-25",
"gender":"Female",
"address_attributes":{
"address1":"123 e Main Street",
"address2":"",
"address3":"",
"address_type":"billing",
"city":"Salt Lake City",
"country":"United States",
"county":"",
"phone":"8015554312",
"state":"UT",
"zipcode":"84101"
}
}
}' http://www.savvi-staging.com/api/v1/create_wholesale_member

# wholesale create_wholesale_member 200
curl -v -H "Content-Type: application/xml" -X POST -d "<?xml version="1.0" encoding="UTF-8" ?> <user> <email>test@example.com</email> <password>pass1234</password> <first_name>Testfirst</first_name> <last_name>Testlast</last_name> <username>apitester</username> <status>active</status> <username>Testusername</username> <date_of_birth>1970-07-25</date_of_birth> <gender>Female</gender> <address_attributes> <address1>123 e Main Street</address1> <address2></address2> <address3></address3> <address_type>billing</address_type> <city>Salt Lake City</city> <country>United States</country> <county></county> <phone>8015554312</phone> <state>UT</state> <zipcode>84101</zipcode> </address_attributes> </user> " http://www.savvi-staging.com/api/v1/create_wholesale_member?authentication_token=AzXimVQyVqgDtRiGd3EH

# wholesale create_wholesale_member 200
curl -v -H "Content-Type: application/xml" -X POST -d "
<?xml version="1.0" encoding="UTF-8" ?>
<user>
<email>test@example.com</email>
<password>pass1234</password>
<first_name>Testfirst</first_name>
<last_name>Testlast</last_name>
<username>apitester</username>
<status>active</status>
<username>Testusername</username>
<date_of_birth>1970-07-25</date_of_birth>
<gender>Female</gender>
<address_attributes>
<address1>123 e Main Street</address1>
<address2></address2>
<address3></address3>
<address_type>billing</address_type>
<city>Salt Lake City</city>
<country>United States</country>
<county></county>
<phone>8015554312</phone>
<state>UT</state>
<zipcode>84101</zipcode>
</address_attributes>
</user>
" http://www.savvi-staging.com/api/v1/create_wholesale_member?authentication_token=AzXimVQyVqgDtRiGd3EH

# wholesale update_wholesale_member 200
curl -g 'http://www.savvi-staging.com/api/v1/update_wholesale_member?authentication_token=AzXimVQyVqgDtRiGd3EH&email=test@example.com&user[address_attributes][phone]=8015555555'

# wholesale update_wholesale_member 200
curl --data "authentication_token=AzXimVQyVqgDtRiGd3EH&email=test@example.com&user[address_attributes][phone]=8015555555" http://www.savvi-staging.com/api/v1/update_wholesale_member

# wholesale update_wholesale_member 200
curl -v -H "Accept: application/json" -H "Content-type: application/json" -X POST -d '{"authentication_token":"AzXimVQyVqgDtRiGd3EH", "email":"test@example.com", "user":{"address_attributes":{"phone":"8015555555"} } }' http://www.savvi-staging.com/api/v1/update_wholesale_member

# wholesale update_wholesale_member 422
curl -v -H "Accept: application/json" -H "Content-type: application/json" -X POST -d '{
"authentication_token":"AzXimVQyVqgDtRiGd3EH",
"email":"test@example.com",
"user":{
"address_attributes":{
"phone":"8015555555"
}
}
}' http://www.savvi-staging.com/api/v1/create_wholesale_member

# wholesale update_wholesale_member 200
curl -v -H "Content-Type: application/xml" -X POST -d "<?xml version="1.0" encoding="UTF-8" ?> <user> <address_attributes> <phone>8015555555</phone> </address_attributes> </user> " "http://www.savvi-staging.com/api/v1/update_wholesale_member?authentication_token=AzXimVQyVqgDtRiGd3EH&email=test@example.com"

# wholesale update_wholesale_member 422
curl -v -H "Content-Type: application/xml" -X POST -d "
<?xml version="1.0" encoding="UTF-8" ?>
<user>
<address_attributes>
<phone>801555555</phone>
</address_attributes>
</user>
" "http://www.savvi-staging.com/api/v1/update_wholesale_member?authentication_token=AzXimVQyVqgDtRiGd3EH&email=test@example.com"

# call-center create_call_center_member 200
curl -g 'http://www.savvi-staging.com/api/v1/create_call_center_member?authentication_token=AzXimVQyVqgDtRiGd3EH&user[email]=test@example.com&user[first_name]=testFirst&user[last_name]=TestLast&user[braintree_customer_id]=btid123&user[address_attributes][address1]=123%20fk%20st&user[address_attributes][city]=Salt%20Lake%20City&user[address_attributes][state]=UT&user[address_attributes][zipcode]=84101&user[address_attributes][phone]=8015555555'

# call-center create_call_center_member 200
curl --data "authentication_token=AzXimVQyVqgDtRiGd3EH&user[email]=test@example.com&user[first_name]=testFirst&user[last_name]=TestLast&user[braintree_customer_id]=btid123&user[username]=Testusername&user[date_of_birth]=1970-07-25&user[gender]=Female&user[address_attributes][address1]=123 fk st&user[address_attributes][city]=Salt Lake City&user[address_attributes][state]=UT&user[address_attributes][zipcode]=84101&user[address_attributes][phone]=8015555555" http://www.savvi-staging.com/api/v1/create_call_center_member

# call-center create_call_center_member 200
curl -v -H "Accept: application/json" -H "Content-type: application/json" -X POST -d '{"authentication_token":"AzXimVQyVqgDtRiGd3EH", "user":{"email":"test@example.com", "first_name":"Testfirst", "last_name":"Testlast", "status":"active", "braintree_customer_id":"btid123", "username":"Testusername", "date_of_birth":"1970-07-25", "gender":"Female", "address_attributes":{"address1":"123 e Main Street", "address2":"", "address_type":"billing", "city":"Salt Lake City", "country":"United States", "county":"", "phone":"8015554312", "state":"UT", "zipcode":"84101"} } }' http://www.savvi-staging.com/api/v1/create_call_center_member

# call-center create_call_center_member 200
curl -v -H "Accept: application/json" -H "Content-type: application/json" -X POST -d '{
"authentication_token":"AzXimVQyVqgDtRiGd3EH",
"user":{
"email":"test@example.com",
"first_name":"Testfirst",
"last_name":"Testlast",
"status":"active",
"braintree_customer_id":"btid123",
"username":"Testusername",
"date_of_birth":"1970-07-25",
"gender":"Female",
"address_attributes":{
"address1":"123 e Main Street",
"address2":"",
"address_type":"billing",
"city":"Salt Lake City",
"country":"United States",
"county":"",
"phone":"8015554312",
"state":"UT",
"zipcode":"84101"
}
}
}' http://www.savvi-staging.com/api/v1/create_call_center_member

# call-center create_call_center_member 200
curl -v -H "Content-Type: application/xml" -X POST -d "<?xml version="1.0" encoding="UTF-8" ?> <user> <email>test@example.com</email> <first_name>Testfirst</first_name> <last_name>Testlast</last_name> <username>apitester</username> <status>active</status> <braintree_customer_id>btid123</braintree_customer_id> <username>Testusername</username> <date_of_birth>1970-07-25</date_of_birth> <gender>Female</gender> <address_attributes> <address1>123 e Main Street</address1> <address2></address2> <address_type>billing</address_type> <city>Salt Lake City</city> <country>United States</country> <county></county> <phone>8015554312</phone> <state>UT</state> <zipcode>84101</zipcode> </address_attributes> </user> " http://www.savvi-staging.com/api/v1/create_call_center_member?authentication_token=AzXimVQyVqgDtRiGd3EH

# call-center create_call_center_member 200
curl -v -H "Content-Type: application/xml" -X POST -d "
<?xml version="1.0" encoding="UTF-8" ?>
<user>
<email>test@example.com</email>
<first_name>Testfirst</first_name>
<last_name>Testlast</last_name>
<username>apitester</username>
<status>active</status>
<braintree_customer_id>btid123</braintree_customer_id>
<username>Testusername</username>
<date_of_birth>1970-07-25</date_of_birth>
<gender>Female</gender>
<address_attributes>
<address1>123 e Main Street</address1>
<address2></address2>
<address_type>billing</address_type>
<city>Salt Lake City</city>
<country>United States</country>
<county></county>
<phone>8015554312</phone>
<state>UT</state>
<zipcode>84101</zipcode>
</address_attributes>
</user>
" http://www.savvi-staging.com/api/v1/create_call_center_member?authentication_token=AzXimVQyVqgDtRiGd3EH

# call-center update_call_center_member 200
curl -g 'http://www.savvi-staging.com/api/v1/update_call_center_member?authentication_token=AzXimVQyVqgDtRiGd3EH&email=test@example.com&user[status]=inactive&user[address_attributes][phone]=8015555555'

# call-center update_call_center_member 200
curl --data "authentication_token=AzXimVQyVqgDtRiGd3EH&email=test@example.com&user[status]=inactive&user[address_attributes][phone]=8015555555" http://www.savvi-staging.com/api/v1/update_call_center_member

# call-center update_call_center_member 200
curl -v -H "Accept: application/json" -H "Content-type: application/json" -X POST -d '{"authentication_token":"AzXimVQyVqgDtRiGd3EH", "email":"test@example.com", "user":{"status":"inactive", "address_attributes":{"phone":"8015555555"} } }' http://www.savvi-staging.com/api/v1/update_call_center_member

# call-center update_call_center_member 422
curl -v -H "Accept: application/json" -H "Content-type: application/json" -X POST -d '{
"authentication_token":"AzXimVQyVqgDtRiGd3EH",
"email":"test@example.com",
"user":{
"status":"inactive",
"address_attributes":{
"phone":"8015555555"
}
}
}' http://www.savvi-staging.com/api/v1/create_call_center_member

# call-center update_call_center_member 200
curl -v -H "Content-Type: application/xml" -X POST -d "<?xml version="1.0" encoding="UTF-8" ?> <user> <status>inactive</status> <address_attributes> <phone>8015555555</phone> </address_attributes> </user> " "http://www.savvi-staging.com/api/v1/update_call_center_member?authentication_token=AzXimVQyVqgDtRiGd3EH&email=test@example.com"

# call-center update_call_center_member 422
curl -v -H "Content-Type: application/xml" -X POST -d "
<?xml version="1.0" encoding="UTF-8" ?>
<user>
<status>inactive</status>
<address_attributes>
<phone>801555555</phone>
</address_attributes>
</user>
" "http://www.savvi-staging.com/api/v1/update_call_center_member?authentication_token=AzXimVQyVqgDtRiGd3EH&email=test@example.com"

# call-center find_member 200
curl -g 'http://www.savvi-staging.com/api/v1/find_member?authentication_token=AzXimVQyVqgDtRiGd3EH&user[email]=test@example.com'

# call-center find_member 200
curl --data "authentication_token=AzXimVQyVqgDtRiGd3EH&user[email]=test@example.com" http://www.savvi-staging.com/api/v1/find_member

# call-center find_member 200
curl -v -H "Accept: application/json" -H "Content-type: application/json" -X POST -d '{"authentication_token":"AzXimVQyVqgDtRiGd3EH", "user":{"email":"test@example.com"} }' http://www.savvi-staging.com/api/v1/find_member

# call-center find_member 200
curl -v -H "Accept: application/json" -H "Content-type: application/json" -X POST -d '{
"authentication_token":"AzXimVQyVqgDtRiGd3EH",
"user":{
"email":"test@example.com"
}
}' http://www.savvi-staging.com/api/v1/find_member

# call-center find_member 200
curl -v -H "Content-Type: application/xml" -X POST -d "<?xml version="1.0" encoding="UTF-8" ?> <user> <email>test@example.com</email> </user> " http://www.savvi-staging.com/api/v1/find_member?authentication_token=AzXimVQyVqgDtRiGd3EH

# call-center find_member 200
curl -v -H "Content-Type: application/xml" -X POST -d "
<?xml version="1.0" encoding="UTF-8" ?>
<user>
<email>test@example.com</email>
</user>
" http://www.savvi-staging.com/api/v1/find_member?authentication_token=AzXimVQyVqgDtRiGd3EH
