metadata description = 'The network of a closed deployment: one subnet for the app\'s way out, one for private endpoints.'

@description('Name of the network.')
param name string

@description('Azure region.')
param location string

@description('Tags.')
param tags object

@description('Address space; at least a /24.')
param addressPrefix string

@description('Resource id of a NAT gateway for the way out. Empty: none.')
param natGatewayId string

resource network 'Microsoft.Network/virtualNetworks@2024-07-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: {
      addressPrefixes: [
        addressPrefix
      ]
    }
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, 26, 0)
          // Flex Consumption runs in it.
          delegations: [
            {
              name: 'flex-consumption'
              properties: {
                serviceName: 'Microsoft.App/environments'
              }
            }
          ]
          natGateway: empty(natGatewayId)
            ? null
            : {
                id: natGatewayId
              }
        }
      }
      {
        name: 'endpoints'
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, 26, 1)
        }
      }
    ]
  }
}
